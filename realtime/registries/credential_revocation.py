"""Ending the credential that opened a connection, so that its client cannot come straight back.

realtime knows no credentials: the app that issues them registers how one ends.
"""

from collections.abc import Callable

# Ends, in the caller's transaction, what opened a user's connection: the sign-in of this id, or
# with "" whatever else the user's connections without a sign-in were opened with.
Revoker = Callable[[int, str], None]
_revokers: list[Revoker] = []


def register_revoker(revoker: Revoker) -> None:
    """Have `revoker` called for every credential that ends. Once, when the apps are ready."""
    _revokers.append(revoker)


def revoke_credential(*, user_id: int, login_id: str) -> None:
    """End a credential, and every connection that it has opened. Needs a unit of work."""
    for revoker in _revokers:
        revoker(user_id, login_id)
