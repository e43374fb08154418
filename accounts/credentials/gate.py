"""Implements realtime's `Gate`: authenticates clients of sockets, streams and polls."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest

from accounts.api.authentication import refuse_forgery
from accounts.conf import conf
from accounts.credentials.authenticator import SignedIn, authenticate_user, is_void
from accounts.credentials.extraction import (
    Credential,
    Handshake,
    Kind,
    read_scope,
)
from accounts.credentials.lanes import may_wait_for_issuer, signed_user
from accounts.credentials.origins import is_foreign
from accounts.credentials.tokens import refused
from accounts.models import Login, User
from api.errors import ApiError
from realtime import CredentialError, Principal, network_of

_Item = TypeVar("_Item")


class AccountsGate:
    """Admits users, never services. Synchronous; uses the database."""

    def admit(self, scope: Mapping[str, Any]) -> Principal:
        """Authenticate an ASGI scope. Raises `CredentialError`."""
        return self._admit(scope)

    def admit_change(self, scope: Mapping[str, Any]) -> Principal:
        """Do the same for a request that changes something: the cookie requires `X-CSRFToken`."""
        return self._admit(scope, safe=False)

    def _admit(self, scope: Mapping[str, Any], *, safe: bool = True) -> Principal:
        handshake = read_scope(scope, proto_header=_proto_header())
        if handshake.credential is None:
            raise _as_ambient(refused())
        if _is_misused(handshake):
            raise CredentialError("FORBIDDEN", "Forbidden")
        try:
            accepted = _header(scope, b"accept-language")
            signed_in = authenticate_user(handshake.credential, accept_language=accepted)
            if signed_in.kind is Kind.COOKIE and not safe:
                _refuse_forgery(scope)
            return _principal(signed_in)
        except CredentialError as error:
            if handshake.credential.kind is Kind.COOKIE:
                raise _as_ambient(error) from None
            raise

    def fingerprint(self, scope: Mapping[str, Any]) -> str:
        """Return the credential's hash; "" without a credential that the request's origin
        may use.
        """
        handshake = read_scope(scope, proto_header=_proto_header())
        credential = handshake.credential
        if credential is None or _is_misused(handshake):
            return ""
        return hashlib.sha256(f"{credential.kind} {credential.text}".encode()).hexdigest()

    def lane(self, scope: Mapping[str, Any], token: str | None = None) -> int | str | None:
        """Return the admission lane: the user of one of our tokens, else the address (`Gate.lane`).

        None where the issuer may have to be queried: that has a limit of its own
        (`BELLWIRE_JWKS_WAITING`), and tokens with known keys must not wait behind those.
        """
        credential = read_scope(scope).credential if token is None else _bearer(token)
        user_id = signed_user(credential)
        if user_id is not None:
            return user_id
        if may_wait_for_issuer(credential):
            return None
        client = scope.get("client")
        return f"address {network_of(client[0]) if client else ''}"

    def admit_token(self, token: str) -> Principal:
        """Authenticate an access token by itself (STOMP's CONNECT). Raises `CredentialError`."""
        return _principal(authenticate_user(_bearer(token)))

    def renew(self, principal: Principal, token: str) -> Principal:
        """Return the same user with a newer token. Raises `CredentialError`."""
        renewed = self.admit_token(token)
        if renewed.user_id != principal.user_id:
            raise refused()
        return renewed

    def revoked(self, principals: Collection[Principal]) -> set[Principal]:
        """Return the principals whose user was disabled or deleted, or whose credential was
        revoked. Two queries per chunk.
        """
        active: dict[int, datetime | None] = {}
        for ids in _chunks({principal.user_id for principal in principals}):
            users = User.objects.filter(pk__in=ids, is_active=True)
            active.update(users.values_list("pk", "tokens_valid_after"))
        standing: set[str] = {""}
        for logins in _chunks({principal.login_id for principal in principals} - {""}):
            rows = Login.objects.filter(pk__in=logins, revoked_at=None)
            standing.update(str(pk) for pk in rows.values_list("pk", flat=True))
        return {
            principal
            for principal in principals
            if principal.user_id not in active
            or principal.login_id not in standing
            or _is_void(principal, active[principal.user_id])
        }


def _bearer(token: str) -> Credential:
    return Credential(Kind.BEARER, token)


def _is_misused(handshake: Handshake) -> bool:
    """Whether a page of a foreign origin makes the browser send its cookie."""
    credential = handshake.credential
    if credential is None or credential.kind is not Kind.COOKIE:
        return False
    return is_foreign(
        handshake.origin,
        site=handshake.site,
        scheme=handshake.scheme,
        host=handshake.host,
        allowed=conf().allowed_origins,
    )


def _refuse_forgery(scope: Mapping[str, Any]) -> None:
    try:
        refuse_forgery(ASGIRequest(dict(scope), BytesIO()))
    except (ApiError, SuspiciousOperation) as error:
        raise CredentialError("FORBIDDEN", str(error)) from None


def _principal(signed_in: SignedIn) -> Principal:
    user = signed_in.user
    issued_at = (
        signed_in.issued_at.timestamp() if signed_in.login is None and signed_in.issued_at else 0.0
    )
    expires_at = signed_in.expires_at.timestamp()
    return Principal(user.pk, user.username, signed_in.login_id, expires_at, issued_at)


def _is_void(principal: Principal, valid_after: datetime | None) -> bool:
    if principal.login_id or not principal.issued_at:
        return False
    return is_void(datetime.fromtimestamp(principal.issued_at, UTC), valid_after)


def _header(scope: Mapping[str, Any], name: bytes) -> str:
    values = (value for key, value in scope["headers"] if key == name)
    return bytes(next(values, b"")).decode("latin-1")


def _proto_header() -> str:
    """Return the header of Django's `SECURE_PROXY_SSL_HEADER`, in ASGI's spelling."""
    name, _ = settings.SECURE_PROXY_SSL_HEADER
    return name.removeprefix("HTTP_").replace("_", "-").lower()


def _chunks(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rows = list(items)
    for start in range(0, len(rows), conf().sweep_chunk):
        yield rows[start : start + conf().sweep_chunk]


def _as_ambient(error: CredentialError) -> CredentialError:
    return CredentialError(error.code, error.message, ambient=True, retry_after=error.retry_after)
