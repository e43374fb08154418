"""What follows from a change of an account, whichever form, page or command makes it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User

_PRIVILEGES = ("is_staff", "is_superuser")
# What `saved` acts upon where it changes.
WATCHED_FIELDS = frozenset({"password", "is_active", *_PRIVILEGES})


def saved(user: "User", *, before: Mapping[str, Any] | None) -> None:
    """Called by `User.save()` and by updates of many users, in their transaction; `before` has the
    `WATCHED_FIELDS`, or is None for a new user.

    A new password, disabling and enabling again end all that is open: enabled again means that
    tokens from before stay void. Privileges that change are written to the security log.
    """
    # The model imports this.
    from accounts import revocation, security_log
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
        # The page on which one changes one's own password goes on with this object.
        user.refresh_from_db(fields=["session_version", "tokens_valid_after"])


def group_or_permission_changed(
    sender: Any, instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any
) -> None:
    """Receiver of `m2m_changed` for the groups and permissions of users, permissions of groups."""
    from accounts import security_log
    from accounts.models import EventKind, User

    verb = {"post_add": "added", "post_remove": "removed", "pre_clear": "cleared"}.get(action)
    if verb is None or (pk_set is not None and not pk_set):
        return
    what = sender._meta.object_name
    detail = f"{what} {verb}: {', '.join(map(str, sorted(pk_set or ())))} ({instance})"
    is_user = isinstance(instance, User)
    security_log.record(
        EventKind.PRIVILEGES_CHANGED,
        user_id=instance.pk if is_user else None,
        username=instance.username if is_user else "",
        detail=detail,
    )
