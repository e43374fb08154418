"""Notifications in the admin: list, details and revoking; with links to sending and charts."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from typing_extensions import override

from notifications import services
from notifications.admin.charts import charts_view
from notifications.admin.details import (
    card,
    may_revoke,
    recipients_context,
    sender_text,
    title_of,
    url,
)
from notifications.admin.listing import (
    PER_PAGE,
    BatchFilter,
    DayFilter,
    StatusFilter,
    TypeFilter,
    UncountedAdmin,
    UserFilter,
    moment,
    number,
    search_notifications,
    shortened,
)
from notifications.admin.sending import may_send, send_view
from notifications.models import EVERYBODYS, Notification, Status
from realtime import admin_page, unit_of_work

_TEMPLATES = "admin/notifications/notification"


@admin.register(Notification)
class NotificationAdmin(UncountedAdmin):
    list_display = ("id", "recipient", "type", "its_title", "state", "sent")
    list_filter = (UserFilter, BatchFilter, DayFilter, StatusFilter, TypeFilter)
    list_select_related = ("user",)
    search_fields = ("id",)
    search_help_text = _("The id of a notification, user or batch, or the beginning of a username.")
    # By time, as the indexes are.
    ordering = ("-created_at", "-id")
    actions: Any = ["revoke"]

    # --- the list -----------------------------------------------------------------------------

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        rows: QuerySet[Notification] = super().get_queryset(request)
        return rows.filter(EVERYBODYS)

    @admin.display(description=_("user"))
    def recipient(self, row: Notification) -> str:
        """Return the recipient's username."""
        return str(_("Everyone")) if row.user is None else row.user.get_username()

    @admin.display(description=_("title"))
    def its_title(self, row: Notification) -> str:
        """Return the title, shortened."""
        return shortened(title_of(row))

    @admin.display(description=_("sent"))
    def sent(self, row: Notification) -> str:
        """Return the time of sending."""
        return moment(row.created_at)

    @admin.display(description=_("status"))
    def state(self, row: Notification) -> str:
        """Return the status: read or not, deleted or not."""
        if row.deleted_at is not None:
            return str(_("Deleted"))
        if row.user_id is None:
            return "–"
        return str(_("Unread") if row.status is Status.UNREAD else _("Read"))

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        text = search_term.strip()
        return (queryset.filter(search_notifications(text)) if text else queryset), False

    @override
    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        if not may_revoke(request):
            actions.pop("revoke", None)
        return actions

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {
            "title": _("Notifications"),
            "may_send": may_send(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, extra)

    # --- the other pages ----------------------------------------------------------------------

    @override
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("send/", wrap(self.send_view), name="notifications_notification_send"),
            path("charts/", wrap(self.charts_view), name="notifications_notification_charts"),
        ]
        return [*own, *super().get_urls()]

    def send_view(self, request: HttpRequest) -> HttpResponse:
        """See notifications/admin/sending.py."""
        return send_view(request, self)

    def charts_view(self, request: HttpRequest) -> HttpResponse:
        """See notifications/admin/charts.py."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return charts_view(request, self)

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self._row(object_id)
        context = {
            "title": title_of(row),
            "original": row,
            "shown": card(row),
            "recipient": self.recipient(row),
            "state": self.state(row),
            "state_code": _state_code(row),
            "batch_url": url(self, "batch", "change", row.batch_id),
            "user_url": _user_url(self, request, row),
            "sender": sender_text(row.batch),
            "revoke_url": "",
        }
        if row.deleted_at is None and may_revoke(request):
            context["revoke_url"] = url(self, "notification", "delete", row.pk)
        if row.user_id is None:
            context |= recipients_context(row.batch, request.GET)
        return admin_page(request, self, f"{_TEMPLATES}/detail.html", context)

    # --- revoking -----------------------------------------------------------------------------

    @override
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not (may_revoke(request) and self.has_view_permission(request)):
            raise PermissionDenied
        row = self._row(object_id)
        back = url(self, "notification", "change", row.pk)
        if request.method != "POST":
            return self._ask(request, [row], back)
        self._revoke(request, [row])
        return HttpResponseRedirect(back)

    @admin.action(description=_("Revoke: delete for their readers"), permissions=["view"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Notification]) -> HttpResponse | None:
        """Ask for confirmation; the confirmation page repeats the action with `agreed`."""
        if not may_revoke(request):
            raise PermissionDenied
        chosen = list(rows.select_related("user")[: PER_PAGE + 1])
        if len(chosen) > PER_PAGE:
            messages.error(request, _("Those are too many: revoke their batches."))
            return None
        if "agreed" not in request.POST:
            return self._ask(request, chosen, url(self, "notification", "changelist"))
        self._revoke(request, chosen)
        return None

    def _ask(self, request: HttpRequest, rows: list[Notification], back: str) -> HttpResponse:
        shown = [(row, title_of(row), self.recipient(row)) for row in rows]
        context = {"title": _("Revoke?"), "rows": shown, "back": back}
        return admin_page(request, self, f"{_TEMPLATES}/revoke.html", context)

    def _revoke(self, request: HttpRequest, rows: list[Notification]) -> None:
        left = [row for row in rows if row.deleted_at is None]
        with unit_of_work():
            count = services.withdraw(notification_ids=[row.pk for row in left])
            for row in left:
                self.log_change(request, row, "Revoked.")
        text = ngettext(
            "Revoked %(count)d notification: gone from every page.",
            "Revoked %(count)d notifications: gone from every page.",
            count,
        )
        messages.success(request, text % {"count": count})

    def _row(self, object_id: str) -> Notification:
        wanted = Notification.objects.select_related("user", "batch")
        row = wanted.filter(pk=number(object_id) or 0).first()
        if row is None:
            raise Http404(_("There is no such notification"))
        return row


def _state_code(row: Notification) -> str:
    if row.deleted_at is not None:
        return "Deleted"
    return "–" if row.user_id is None else row.status.capitalize()


def _user_url(desk: NotificationAdmin, request: HttpRequest, row: Notification) -> str:
    if row.user_id is None or not request.user.has_perm("accounts.view_user"):
        return ""
    return f"{url(desk, 'notification', 'changelist')}?user={row.user_id}"
