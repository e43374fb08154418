"""Accounts in Django's admin. Hashes are never shown, and a service key only when it is created."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.token_blacklist import admin as token_tables  # noqa: F401
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from typing_extensions import override

from accounts import services
from accounts.admin import privileges
from accounts.admin.groups import SuperuserGroupAdmin
from accounts.admin.search import SpellingSearch
from accounts.admin.sign_in import SignInForm
from accounts.credentials import service_keys
from accounts.credentials.revocation import Reason, end_everything
from accounts.models import SCOPES, Login, SecurityEvent, ServiceKey, User
from accounts.users import deletion
from realtime import admin_page, unit_of_work

admin.site.login_form = SignInForm

# Rows added by hand to the tables of refresh tokens would sign users out, even superusers.
# `token_tables` is imported so that their admin classes are registered by now.
admin.site.unregister([OutstandingToken, BlacklistedToken])
admin.site.unregister(Group)
admin.site.register(Group, SuperuserGroupAdmin)


@admin.register(User)
class BellwireUserAdmin(SpellingSearch, UserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "external_id", "email", "is_active", "is_staff")
    search_fields = ("external_id", "email")
    folded_search_fields = ("search_text",)
    fieldsets = (*(UserAdmin.fieldsets or ()), (_("Issuer"), {"fields": ("external_id",)}))
    actions: Any = ["sign_out", "disable"]

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, *privileges.read_only_fields(request.user))

    @override
    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        closed = obj is not None and not privileges.may_view(request.user, obj)
        return not closed and super().has_view_permission(request, obj)

    @override
    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or privileges.may_manage(request.user, obj))

    @override
    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or privileges.may_manage(request.user, obj))

    def has_sign_out_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(privileges.SIGN_OUT)

    def has_disable_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(privileges.DISABLE)

    @override
    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """List the users only: their data is deleted with them, whatever permissions the caller has
        for it.

        Django would load all of it for the confirmation page, even a million notifications.
        """
        users = list(objs)
        refused = not all(self.has_delete_permission(request, user) for user in users)
        names = [str(user) for user in users]
        needed = {str(self.opts.verbose_name)} if refused else set()
        return names, {str(self.opts.verbose_name_plural): len(users)}, needed, []

    @override
    def delete_model(self, request: HttpRequest, obj: User) -> None:
        deletion.delete_user(user_id=obj.pk)

    @override
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user_id in queryset.order_by("pk").values_list("pk", flat=True):
            deletion.delete_user(user_id=user_id)

    @admin.action(description=_("Sign out everywhere"), permissions=["sign_out"])
    def sign_out(self, request: HttpRequest, users: QuerySet[User]) -> None:
        manageable = _manageable(self, request, users)
        for user in manageable:
            with unit_of_work():
                end_everything(user_id=user.pk, reason=Reason.SIGNED_OUT_EVERYWHERE)
                self.log_change(request, user, "Signed out everywhere.")
        if manageable:
            self.message_user(request, _("Signed out everywhere, and disconnected."))

    @admin.action(description=_("Disable and disconnect"), permissions=["disable"])
    def disable(self, request: HttpRequest, users: QuerySet[User]) -> None:
        manageable = _manageable(self, request, users)
        for user in manageable:
            with unit_of_work():
                user.is_active = False
                # `save` revokes all credentials as well.
                user.save(update_fields=["is_active"])
                self.log_change(request, user, "Disabled.")
        if manageable:
            self.message_user(request, _("Disabled, and disconnected."))


def _manageable(
    desk: "admin.ModelAdmin[Any]", request: HttpRequest, users: Iterable[User]
) -> list[User]:
    """Return the users whom the caller may manage; a message on the page counts the others."""
    chosen = list(users)
    manageable = [user for user in chosen if privileges.may_manage(request.user, user)]
    if omitted := len(chosen) - len(manageable):
        text = _(
            "Left out: %(count)d. Only a superuser, or staff with all of their permissions, may."
        ) % {"count": omitted}
        desk.message_user(request, text, messages.WARNING)
    return manageable


class ServiceKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name and scopes of a new key."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("All scopes unless some are ticked."),
    )

    class Meta:
        model = ServiceKey
        fields = ("name", "scopes")

    def clean_name(self) -> str:
        try:
            return service_keys.name_of_service(self.cleaned_data["name"])
        except ValueError as error:
            raise forms.ValidationError(f"{error}"[:1].upper() + f"{error}."[1:]) from None


@admin.register(ServiceKey)
class ServiceKeyAdmin(SpellingSearch, admin.ModelAdmin):  # type: ignore[type-arg]
    form = ServiceKeyForm
    list_display = ("name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")
    list_filter = ("revoked_at",)
    search_fields = ("name", "prefix")
    ordering = ("-created_at",)
    actions: Any = ["revoke"]

    @override
    def get_fields(self, request: HttpRequest, obj: ServiceKey | None = None) -> Any:
        return ("name", "scopes") if obj is None else self.list_display

    @override
    def has_change_permission(self, request: HttpRequest, obj: ServiceKey | None = None) -> bool:
        # A key is created and revoked, never edited. The list's actions still need permission for
        # `None`.
        return obj is None and super().has_change_permission(request, obj)

    @override
    def save_model(self, request: HttpRequest, obj: ServiceKey, form: Any, change: bool) -> None:
        row, text = service_keys.create_service_key(name=obj.name, scopes=obj.scopes)
        for field in ServiceKey._meta.concrete_fields:
            setattr(obj, field.attname, getattr(row, field.attname))
        obj.new_key = text  # type: ignore[attr-defined]

    @override
    def response_add(
        self, request: HttpRequest, obj: ServiceKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key, on this page only: a redirect would have to keep it in a cookie
        meanwhile.
        """
        context = {"title": _("The key is made"), "key": obj}
        answer = admin_page(request, self, "admin/accounts/servicekey/made.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ServiceKey]) -> None:
        active = list(rows.filter(revoked_at=None))
        with unit_of_work():
            count = service_keys.revoke_service_keys(keys=[row.pk for row in active])
            for row in active:
                self.log_change(request, row, "Revoked.")
        self.message_user(request, _("Revoked: %(count)d.") % {"count": count})


@admin.register(Login)
class LoginAdmin(SpellingSearch, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("user", "created_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("user__external_id",)
    folded_search_fields = ("user__search_text",)
    ordering = ("-created_at",)
    actions: Any = ["revoke"]

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Login | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Login | None = None) -> bool:
        # Deleting the row ends a sign-in, but would leave its connections open.
        return False

    def has_sign_out_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(privileges.SIGN_OUT)

    @admin.action(description=_("Sign out and disconnect"), permissions=["sign_out"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Login]) -> None:
        chosen = list(rows)
        manageable = set(_manageable(self, request, {row.user for row in chosen}))
        for row in chosen:
            if row.user not in manageable:
                continue
            with unit_of_work():
                services.sign_out(login_id=row.pk)
                self.log_change(request, row, "Signed out.")
        if manageable:
            self.message_user(request, _("Signed out, and disconnected."))


@admin.register(SecurityEvent)
class SecurityEventAdmin(SpellingSearch, admin.ModelAdmin):  # type: ignore[type-arg]
    """The security log, read-only."""

    # These columns fit a window; the user agent is on the event's own page.
    list_display = ("at", "kind", "username", "detail", "address", "actor", "count", "last_at")
    list_filter = ("kind", ("at", admin.DateFieldListFilter))
    search_fields = ("=username", "=address")
    search_help_text = _("A username or an address, whole.")
    ordering = ("-at", "-pk")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
