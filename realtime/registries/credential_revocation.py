"""Revoking the credential that opened a connection, so that its client cannot reconnect with it.

realtime knows no credentials: the app that issues them registers a function that revokes them.
"""

from collections.abc import Callable

# Called in the caller's transaction with a user's id and a sign-in's id; revokes that sign-in, or
# with "" the other credentials of the user's connections that have no sign-in.
Revoker = Callable[[int, str], None]
_revokers: list[Revoker] = []


def register_revoker(revoker: Revoker) -> None:
    """Register the function that revokes credentials. Call it once, in `AppConfig.ready()`."""
    _revokers.append(revoker)


def revoke_credential(*, user_id: int, login_id: str) -> None:
    """Revoke a credential and close every connection that used it. Needs a unit of work."""
    for revoker in _revokers:
        revoker(user_id, login_id)
