"""Tokens of another issuer: its keys by JWKS, asymmetric algorithms only.

On once `JWT_JWK_URL`, `JWT_ISSUER` and `JWT_AUDIENCE` are all set.
"""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from jwt.exceptions import PyJWKClientError, PyJWTError
from typing_extensions import override

from accounts import limits
from accounts.tokens import algorithm_of, expired, refused

log = logging.getLogger(__name__)

# Whoever can verify a symmetric signature can forge one, and a published RSA key used as an HMAC
# secret is the classic way in: so none of these shares a key with its verifier.
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
              "EdDSA")  # fmt: skip
# Where issuers say that a token is not for opening doors (Keycloak, Cognito, simplejwt).
_TYPE_CLAIMS = ("typ", "token_type", "token_use", "type")
_WRONG_TYPES = {"refresh", "id", "offline"}


@dataclass(frozen=True, slots=True)
class IssuerClaims:
    """What a verified token of the issuer says: whom it names, until when, and the rest."""

    subject: str
    expires_at: datetime
    payload: dict[str, Any]


class IssuerKeys(jwt.PyJWKClient):
    """The issuer's key set: cached, fetched at most once in 30 s for unknown keys, and kept for
    an hour while the issuer is away."""

    def __init__(self, url: str) -> None:
        super().__init__(
            url,
            timeout=limits.limit("JWKS_TIMEOUT_S"),
            lifespan=limits.limit("JWKS_LIFESPAN_S"),
            cooldown_duration=limits.limit("JWKS_COOLDOWN_S"),
        )
        self._last_good: tuple[float, Any] | None = None
        self._failed_at: float | None = None

    @override
    def fetch_data(self) -> Any:
        now = time.monotonic()
        if self._failed_at is None or now - self._failed_at >= limits.limit("JWKS_RETRY_S"):
            try:
                fetched = super().fetch_data()
            except (PyJWTError, ValueError, OSError) as error:
                self._failed_at = time.monotonic()
                log.warning("the issuer's keys cannot be fetched from %s: %s", self.uri, error)
            else:
                self._last_good, self._failed_at = (time.monotonic(), fetched), None
                return fetched
        if self._last_good and now - self._last_good[0] < limits.limit("JWKS_STALE_S"):
            return self._last_good[1]
        raise PyJWKClientError("the issuer's keys cannot be had at present")


@lru_cache(maxsize=4)
def keys_from(url: str) -> IssuerKeys:
    """The process's key set for `url`."""
    return IssuerKeys(url)


def is_trusted() -> bool:
    """Whether the deployment accepts another issuer's tokens."""
    return bool(settings.JWT_JWK_URL and settings.JWT_ISSUER and settings.JWT_AUDIENCE)


def read(text: str) -> IssuerClaims:
    """Verify a token of the issuer. Raises `CredentialError`. May fetch the issuer's keys."""
    if not is_trusted() or algorithm_of(text) not in ALGORITHMS:
        raise refused()
    try:
        kid = jwt.get_unverified_header(text).get("kid")
        if not kid:
            raise refused()
        payload = jwt.decode(
            text,
            keys_from(settings.JWT_JWK_URL).get_signing_key(kid).key,
            algorithms=ALGORITHMS,
            issuer=settings.JWT_ISSUER,
            audience=settings.JWT_AUDIENCE,
            leeway=limits.limit("CLOCK_SKEW_S"),
            options={"require": ["exp", "sub", "iss", "aud"]},
        )
        expires_at = datetime.fromtimestamp(payload["exp"], UTC)
    except jwt.ExpiredSignatureError:
        raise expired() from None
    except (PyJWTError, ValueError, TypeError, OverflowError, OSError, RecursionError):
        raise refused() from None
    if expires_at.timestamp() <= time.time():
        raise expired()
    subject = payload["sub"]
    if not _is_subject(subject) or _is_of_wrong_type(payload):
        raise refused()
    return IssuerClaims(subject, expires_at, payload)


def _is_subject(subject: Any) -> bool:
    return isinstance(subject, str) and 0 < len(subject) <= 255 and is_storable(subject)


def is_storable(text: str) -> bool:
    """Whether a database takes the text: no NUL, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _is_of_wrong_type(payload: dict[str, Any]) -> bool:
    return any(str(payload.get(claim)).lower() in _WRONG_TYPES for claim in _TYPE_CLAIMS)
