"""Live connections in Django's admin: list them, and disconnect single ones."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from typing_extensions import override

from realtime.admin.pages import admin_page
from realtime.cluster import roster
from realtime.cluster.roster_page import show
from realtime.models import LiveConnection
from realtime.publishing import disconnect, unit_of_work
from realtime.registries.credential_revocation import revoke_credential
from text.bidi import isolate

LIST = "realtime_liveconnection_changelist"
TEMPLATES = "admin/realtime/liveconnection"


@admin.register(LiveConnection)
class LiveConnectionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists the roster of all instances; there is no table."""

    @override
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name=LIST),
            path(
                "<str:connection_id>/disconnect/",
                wrap(self.disconnect_view),
                name="realtime_liveconnection_disconnect",
            ),
        ]

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_disconnect_permission(self, request: HttpRequest) -> bool:
        """Require the permission to view as well: a list must be visible to disconnect from it."""
        may = request.user.has_perm("realtime.disconnect_liveconnection")
        return may and self.has_view_permission(request)

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = roster.read()
        context = {
            "title": _("Live connections"),
            "roster": found,
            "alone": found.reach is roster.Reach.OWN,
            "part": found.reach is roster.Reach.PART,
            "shown": show(found, request.GET),
            "may_disconnect": self.has_disconnect_permission(request),
            "user_page": _user_page(request),
        }
        return admin_page(request, self, f"{TEMPLATES}/change_list.html", context)

    def disconnect_view(self, request: HttpRequest, connection_id: str) -> HttpResponse:
        """GET shows a confirmation page, POST disconnects."""
        if not self.has_disconnect_permission(request):
            raise PermissionDenied
        found = roster.read()
        one = next((c for c in found.connections if c.connection_id == connection_id), None)
        if one is None:
            self.message_user(request, _("That connection has ended already."), messages.WARNING)
        elif request.method == "POST":
            with unit_of_work():
                change_message = (
                    f"Disconnected: {one.transport} of {isolate(one.username)} on {one.instance}."
                )
                self.log_change(request, LiveConnection(one.connection_id), change_message)
                # Revoke its credential too; otherwise the client reconnects before the list is
                # reloaded.
                if one.login_id is not None:
                    revoke_credential(user_id=one.user_id, login_id=one.login_id)
                disconnect(user_id=one.user_id, connection_id=one.connection_id)
            text = _("Disconnecting %(user)s; the list follows within seconds.")
            text %= {"user": isolate(one.username)}
            self.message_user(request, text, messages.SUCCESS)
        else:
            context = {"title": _("Disconnect"), "one": one}
            return admin_page(request, self, f"{TEMPLATES}/disconnect_confirmation.html", context)
        return HttpResponseRedirect(reverse(f"admin:{LIST}", current_app=self.admin_site.name))


def _user_page(request: HttpRequest) -> str:
    """Return the name of the user's admin page, or "" if the request may not view it."""
    user: Any = get_user_model()._meta
    if not request.user.has_perm(f"{user.app_label}.view_{user.model_name}"):
        return ""
    return f"admin:{user.app_label}_{user.model_name}_change"
