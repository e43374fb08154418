"""The authenticated user of a connection, and the interface of the authentication.

realtime has no users of its own: config passes it an object with the interface of `Gate`.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from realtime.protocol.errors import RealtimeError


@dataclass(frozen=True, slots=True)
class Principal:
    """The user that a connection's credential identifies.

    `login_id` is the sign-in that the credential descends from ("" for none): signing out ends all
    connections that carry it. `expires_at` and `issued_at` are unix seconds; `issued_at` is 0 where
    `login_id` identifies the sign-in.
    """

    user_id: int
    username: str
    login_id: str
    expires_at: float
    issued_at: float = 0.0


class CredentialError(Exception):
    """A credential that was refused.

    `code`: AUTH_ERROR, TOKEN_EXPIRED, FORBIDDEN, or UNAVAILABLE if the credential cannot be checked
    now and may be valid after `retry_after` seconds. `ambient`: there was no credential, or the
    browser added it by itself, so the client may still send an explicit one.
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
        """Return the same refusal for a client that is already connected."""
        wait = None if self.retry_after is None else math.ceil(self.retry_after)
        return RealtimeError(self.code, self.message, retry_after=wait)


class Gate(Protocol):
    """Turns credentials into principals. Methods are synchronous and may use the database."""

    def admit(self, scope: Mapping[str, Any]) -> Principal:
        """Return the principal of an ASGI scope. Raises `CredentialError`."""
        ...

    def admit_change(self, scope: Mapping[str, Any]) -> Principal:
        """Return the principal of a scope that changes state; a cookie alone does not suffice.

        Raises `CredentialError`.
        """
        ...

    def fingerprint(self, scope: Mapping[str, Any]) -> str:
        """Return a hash of the scope's credential, or "" if it has none that its origin may use.

        Pure: two requests with the same fingerprint carry the same credential.
        """
        ...

    def lane(self, scope: Mapping[str, Any], token: str | None = None) -> int | str | None:
        """Return the key whose share of threads is used to admit this scope, or a `token` sent over
        it.

        A user's id only where the credential is not forgeable; None for no share. Cheap, as it is
        called on the event loop.
        """
        ...

    def admit_token(self, token: str) -> Principal:
        """Return the principal of an access token alone. Raises `CredentialError`."""
        ...

    def renew(self, principal: Principal, token: str) -> Principal:
        """Return the same user's principal with a newer token. Raises `CredentialError`."""
        ...

    def revoked(self, principals: Collection[Principal]) -> set[Principal]:
        """Return those of `principals` whose user was disabled or whose sign-in ended."""
        ...


@dataclass(frozen=True, slots=True)
class Eviction:
    """An order to close a user's connections: all, those of one sign-in, or a single one.

    `replaced`: the client has reconnected, and the new connection takes the place of this one.
    """

    user_id: int
    login_id: str | None = None
    connection_id: str | None = None
    replaced: bool = False
