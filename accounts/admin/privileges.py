"""Limits on staff in the admin, so that no permission leads to more than its name says.

Three rules, for everyone but superusers:

    1. Fields that grant power (`GRANTING_FIELDS`), and groups, are read-only.
    2. The pages of superusers are closed, and no action applies to them.
    3. An account with a permission that its editor lacks is read-only too: its editor could set
       its password, and sign in to gain that permission.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Q

from accounts.models import User

# `external_id` decides which tokens of the issuer open the account.
GRANTING_FIELDS = ("is_superuser", "is_staff", "groups", "user_permissions", "external_id")
SIGN_OUT = "accounts.sign_out_user"
DISABLE = "accounts.disable_user"


def read_only_fields(actor: User | AnonymousUser) -> tuple[str, ...]:
    """Return the fields that `actor` may see but not change on any account's page."""
    if actor.is_superuser:
        return ()
    return GRANTING_FIELDS if actor.has_perm(DISABLE) else (*GRANTING_FIELDS, "is_active")


def may_view(actor: User | AnonymousUser, account: User) -> bool:
    """Whether `actor` may open the account's pages, given permission to open any."""
    return bool(actor.is_superuser) or not account.is_superuser


def may_manage(actor: User | AnonymousUser, account: User) -> bool:
    """Whether `actor` may change the account, given permission to change any. One query."""
    if actor.is_superuser:
        return True
    if account.is_superuser:
        return False
    return permissions_of(account) <= actor.get_all_permissions()


def permissions_of(account: User) -> set[str]:
    """Return all permissions granted to the account, directly and by groups, disabled or not.

    Django's `get_all_permissions` returns none for a disabled account, which can be enabled again.
    """
    granted: Any = Permission.objects.filter(Q(user=account) | Q(group__user=account))
    names = granted.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in names}
