"""Who may change whom in the admin, so that no permission leads to more than it names.

Three rules, for everyone but superusers:

1. Fields that grant power (`GRANTING_FIELDS`), and groups, are read-only.
2. A superuser's pages are closed, and no action touches a superuser.
3. An account that holds a permission its editor lacks is read-only too: setting that account's
   password and signing in with it would be a way to the permission.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Q

from accounts.models import User

# `external_id` decides whose tokens of the issuer open the account.
GRANTING_FIELDS = ("is_superuser", "is_staff", "groups", "user_permissions", "external_id")
SIGN_OUT = "accounts.sign_out_user"
DISABLE = "accounts.disable_user"


def read_only_fields(actor: User | AnonymousUser) -> tuple[str, ...]:
    """The fields of any account's page that `actor` may see but not change."""
    if actor.is_superuser:
        return ()
    return GRANTING_FIELDS if actor.has_perm(DISABLE) else (*GRANTING_FIELDS, "is_active")


def may_look_at(actor: User | AnonymousUser, account: User) -> bool:
    """Whether `actor` may open the account's pages, if a permission lets them open any."""
    return bool(actor.is_superuser) or not account.is_superuser


def may_manage(actor: User | AnonymousUser, account: User) -> bool:
    """Whether `actor` may change the account, if a permission lets them change any. One query."""
    if actor.is_superuser:
        return True
    if account.is_superuser:
        return False
    return permissions_of(account) <= actor.get_all_permissions()


def permissions_of(account: User) -> set[str]:
    """What was granted to the account, itself and by its groups, disabled or not.

    Django's `get_all_permissions` says "none" for a disabled account, which can be enabled again.
    """
    granted: Any = Permission.objects.filter(Q(user=account) | Q(group__user=account))
    names = granted.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in names}
