"""The consequences of a change to an account, whichever form, page or command makes it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User

_PRIVILEGES = ("is_staff", "is_superuser")
# The fields whose change has consequences.
WATCHED_FIELDS = frozenset({"password", "is_active", *_PRIVILEGES})


def apply_changes(user: "User", *, before: Mapping[str, Any] | None) -> None:
    """Apply the consequences of saving a user; `User.save()` and bulk updates call it in their
    transaction.

    `before` holds the previous `WATCHED_FIELDS`; None for a new user. A new password, disabling and
    enabling revoke all credentials; after enabling, earlier tokens remain void. Changes of
    privileges are written to the security log.
    """
    # `accounts.models` imports this module.
    from accounts import security_log
    from accounts.credentials import revocation
    from accounts.models import EventKind

    privileges = [
        f"{field}: {getattr(user, field)}"
        for field in _PRIVILEGES
        if getattr(user, field) != (before[field] if before else False)
    ]
    if privileges:
        security_log.record(
            EventKind.PRIVILEGES_CHANGED,
            user_id=user.pk,
            username=user.username,
            detail=", ".join(privileges),
        )
    if before is None:
        return
    reason = None
    if user.is_active != before["is_active"]:
        reason = revocation.Reason.ENABLED if user.is_active else revocation.Reason.DISABLED
    elif user.password != before["password"]:
        reason = revocation.Reason.PASSWORD_CHANGED
    if reason is not None:
        revocation.end_everything(user_id=user.pk, reason=reason)
        # The password change view goes on using this object.
        user.refresh_from_db(fields=["session_version", "tokens_valid_after"])


def group_or_permission_changed(
    sender: Any, instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any
) -> None:
    """Log a change to the groups or permissions of a user or group; receives `m2m_changed`."""
    # `accounts.models` imports this module.
    from accounts import security_log
    from accounts.models import EventKind, User

    verb = {"post_add": "added", "post_remove": "removed", "pre_clear": "cleared"}.get(action)
    if verb is None or (pk_set is not None and not pk_set):
        return
    relation = sender._meta.object_name
    detail = f"{relation} {verb}: {', '.join(map(str, sorted(pk_set or ())))} ({instance})"
    is_user = isinstance(instance, User)
    security_log.record(
        EventKind.PRIVILEGES_CHANGED,
        user_id=instance.pk if is_user else None,
        username=instance.username if is_user else "",
        detail=detail,
    )
