"""Our own tokens: HS256 by simplejwt, `sub` = the user's id as a string, `sid` = the `Login`'s id.

Reading a token checks signature, type and expiry without the database; the authenticator checks
whether its sign-in was revoked.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.utils import timezone
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from typing_extensions import override

from accounts.conf import conf
from api.limits import MAX_ID
from realtime import CredentialError

OUR_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Claims:
    """The verified claims of one of our tokens."""

    user_id: int
    login_id: uuid.UUID
    jti: str
    expires_at: datetime


class _Access(AccessToken):
    token_type = "access"  # noqa: S105


class _Refresh(RefreshToken):
    """A refresh token that is checked without the database: the refresh service locks and checks
    it.
    """

    token_type = "refresh"  # noqa: S105

    @override
    def check_blacklist(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Times:
    """When a token is issued and expires; in whole seconds, as in the token."""

    issued_at: datetime
    expires_at: datetime

    @classmethod
    def starting(cls, now: datetime, lifetime: timedelta) -> "Times":
        start = now.replace(microsecond=0)
        return cls(start, start + lifetime)


def access_lifetime() -> timedelta:
    """Return the lifetime of access tokens (`ACCESS_TOKEN_MINUTES`)."""
    lifetime: timedelta = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"]
    return lifetime


def refresh_lifetime() -> timedelta:
    """Return the lifetime of refresh tokens (`REFRESH_TOKEN_DAYS`)."""
    lifetime: timedelta = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    return lifetime


def new_jti() -> str:
    """Return a unique token id."""
    return uuid.uuid4().hex


def write_access(*, user_id: int, login_id: uuid.UUID, times: Times) -> str:
    """Return an access token."""
    return _write(_Access(), user_id, login_id, new_jti(), times)


def write_refresh(*, user_id: int, login_id: uuid.UUID, jti: str, times: Times) -> str:
    """Return a refresh token; the same arguments give the same text, so none is ever stored."""
    return _write(_Refresh(), user_id, login_id, jti, times)


def _write(token: Token, user_id: int, login_id: uuid.UUID, jti: str, times: Times) -> str:
    token.payload = {
        "token_type": token.token_type,
        "exp": int(times.expires_at.timestamp()),
        "iat": int(times.issued_at.timestamp()),
        "jti": jti,
        "sub": str(user_id),
        "sid": str(login_id),
    }
    return str(token)


def read_access(text: str) -> Claims:
    """Verify one of our access tokens. Raises `CredentialError`."""
    return _read(_Access, text)


def read_refresh(text: str, *, even_expired: bool = False) -> Claims:
    """Verify a refresh token; `even_expired` for signing out. Raises `CredentialError`."""
    try:
        return _read(_Refresh, text)
    except CredentialError as error:
        if error.code == "TOKEN_EXPIRED" and even_expired:
            return _claims(_decode_expired(text), "refresh")
        raise


def algorithm_of(text: str) -> str:
    """Return the algorithm in the token's header, unverified. Raises `CredentialError`."""
    if not text.isascii() or not 0 < len(text) <= conf().max_token_chars:
        raise refused()
    try:
        return str(jwt.get_unverified_header(text).get("alg"))
    # RecursionError: a header of a thousand brackets, for example.
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise refused() from None


def refused() -> CredentialError:
    """Return the error of every invalid credential; it does not say why."""
    return CredentialError("AUTH_ERROR", "Authentication failed")


def expired() -> CredentialError:
    """Return the error of an expired credential."""
    return CredentialError("TOKEN_EXPIRED", "Token expired")


def _read(kind: type[Token], text: str) -> Claims:
    if algorithm_of(text) != OUR_ALGORITHM:
        raise refused()
    try:
        token = kind(text)  # type: ignore[arg-type]  # the library annotates the text as a Token
    except ExpiredTokenError:
        raise expired() from None
    except (TokenError, ValueError, TypeError, OverflowError, OSError, RecursionError):
        raise refused() from None
    claims = _claims(token.payload, str(kind.token_type))
    # The library's leeway also applies to `exp`; ours is only for clocks that are behind.
    if claims.expires_at <= timezone.now():
        raise expired()
    return claims


def _decode_expired(text: str) -> dict[str, Any]:
    """Return the claims of one of our tokens with a valid signature, whenever it expired."""
    payload: dict[str, Any] = jwt.decode(
        text,
        settings.SIMPLE_JWT["SIGNING_KEY"],
        algorithms=[OUR_ALGORITHM],
        options={"verify_exp": False, "verify_aud": False},
    )
    return payload


def _claims(payload: dict[str, Any], token_type: str) -> Claims:
    try:
        # A token with an audience or an issuer is meant for another recipient (RFC 7519, 4.1.3).
        if payload["token_type"] != token_type or "aud" in payload or "iss" in payload:
            raise refused()
        user_id = int(payload["sub"])
        if not 0 < user_id <= MAX_ID:
            raise refused()
        return Claims(
            user_id=user_id,
            login_id=uuid.UUID(payload["sid"]),
            jti=str(payload["jti"]),
            expires_at=datetime.fromtimestamp(payload["exp"], UTC),
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError, OSError):
        raise refused() from None
