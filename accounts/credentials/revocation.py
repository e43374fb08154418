"""Revokes all credentials of a user, or the one of a connection, and closes their connections.

The latter when an admin disconnects a connection. All are revoked when a password changes, when an
account is disabled or enabled again, by "Sign out everywhere", and before an account is deleted.
`User.save()` does it for the first three, because Django's own forms and commands set passwords and
`is_active` there, and call no service of ours.
"""

from enum import StrEnum

from django.db.models import F

from accounts import security_log
from accounts.models import EventKind, Login, Ticket, User
from realtime import database_now, disconnect, unit_of_work


class Reason(StrEnum):
    """The reason in the security log."""

    PASSWORD_CHANGED = "password changed"  # noqa: S105 - a reason, not a password
    DISABLED = "disabled"
    ENABLED = "enabled again"
    SIGNED_OUT_EVERYWHERE = "signed out everywhere"
    DELETED = "deleted"
    DISCONNECTED = "disconnected in the admin"


def end_everything(*, user_id: int, reason: Reason) -> None:
    """Revoke every credential of a user and close all connections. Idempotent.

    - families of refresh tokens, and with them our access tokens: by their `Login`
    - another issuer's tokens that were issued before now: by `tokens_valid_after`
    - tickets
    - sessions of the admin: by `session_version`, which is part of their hash
    - sockets, streams and polls, on every instance
    """
    with unit_of_work():
        now = database_now()
        # The user's row first: a concurrent sign-in locks it too, so it is either committed before
        # this and revoked, or checks the user again after this.
        users = User.objects.filter(pk=user_id)
        users.update(session_version=F("session_version") + 1, tokens_valid_after=now)
        Login.objects.filter(user=user_id, revoked_at=None).update(revoked_at=now)
        Ticket.objects.filter(user=user_id).delete()
        disconnect(user_id=user_id)
        username = users.values_list("username", flat=True).first() or ""
        security_log.record(
            EventKind.REVOKED, user_id=user_id, username=username, detail=str(reason)
        )


def end_credential(user_id: int, login_id: str) -> None:
    """Revoke the sign-in of a connection, and close all connections opened with it. Idempotent.

    An empty `login_id` means another issuer's token, which is not stored: then all of the user's
    tokens that were issued before now are revoked.
    """
    with unit_of_work():
        now = database_now()
        users = User.objects.filter(pk=user_id)
        if login_id:
            Login.objects.filter(pk=login_id, user=user_id, revoked_at=None).update(revoked_at=now)
        else:
            users.update(tokens_valid_after=now)
            Ticket.objects.filter(user=user_id, login=None).delete()
        disconnect(user_id=user_id, login_id=login_id)
        username = users.values_list("username", flat=True).first() or ""
        security_log.record(
            EventKind.SIGNED_OUT,
            user_id=user_id,
            username=username,
            detail=str(Reason.DISCONNECTED),
        )
