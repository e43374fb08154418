"""Who is on the other end of a connection, and who decides that.

realtime knows no users: an object with the shape of `Gate` is given to it by config.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from realtime.protocol.errors import ErrorCode, RealtimeError


@dataclass(frozen=True, slots=True)
class Principal:
    """A person, as the credential of one connection names them.

    `login_id` is the sign-in that the credential descends from ("" for none): signing out ends
    all connections that carry it. `expires_at` is in unix seconds, and so is `issued_at`, which is
    0 where `login_id` says more.
    """

    user_id: int
    username: str
    login_id: str
    expires_at: float
    issued_at: float = 0.0


class CredentialError(Exception):
    """A credential that opens nothing. `code`: AUTH_ERROR, TOKEN_EXPIRED, FORBIDDEN, or UNAVAILABLE
    if it cannot be looked at for now: it may be good after `retry_after` seconds.

    `ambient`: there was none, or the browser added it by itself, so that a better one may follow.
    """

    def __init__(
        self, code: str, message: str, *, ambient: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.ambient = ambient
        self.code = code
        self.message = message

    def as_realtime_error(self) -> RealtimeError:
        """The same refusal for a client that is connected already."""
        wait = None if self.retry_after is None else math.ceil(self.retry_after)
        return RealtimeError(ErrorCode(self.code), self.message, retry_after=wait)


class Gate(Protocol):
    """Turns credentials into principals. Every method is synchronous and may use the database."""

    def admit(self, scope: Mapping[str, Any]) -> Principal:
        """Who opens this ASGI scope. Raises `CredentialError`."""
        ...

    def admit_change(self, scope: Mapping[str, Any]) -> Principal:
        """Who opens a scope that changes something: with the cookie it must show more.

        Raises `CredentialError`.
        """
        ...

    def fingerprint(self, scope: Mapping[str, Any]) -> str:
        """The scope's credential as a hash, "" where it has none that its origin may use.

        Pure: two requests with the same fingerprint come from the same hands.
        """
        ...

    def lane(self, scope: Mapping[str, Any], token: str | None = None) -> int | str | None:
        """Whose threads it takes to admit this scope, or `token` that came over it.

        A user's id only where the credential cannot be made up; None: nobody's share. Cheap: called
        on the event loop.
        """
        ...

    def admit_token(self, token: str) -> Principal:
        """Who comes with this access token alone. Raises `CredentialError`."""
        ...

    def renew(self, principal: Principal, token: str) -> Principal:
        """The same user with a newer token. Raises `CredentialError`."""
        ...

    def revoked(self, principals: Collection[Principal]) -> set[Principal]:
        """Those of `principals` whose user was disabled or whose sign-in ended."""
        ...


@dataclass(frozen=True, slots=True)
class Eviction:
    """An order to close a user's connections: all, those of a sign-in, or a single one.

    `replaced`: the client has come back by another connection, which stands in this one's place.
    """

    user_id: int
    login_id: str | None = None
    connection_id: str | None = None
    replaced: bool = False
