"""Tokens of another issuer: its keys by JWKS, asymmetric algorithms only.

Enabled once `JWT_JWK_URL`, `JWT_ISSUER` and `JWT_AUDIENCE` are all set.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from accounts.conf import conf
from accounts.credentials.issuer_keys import IssuerKeys
from accounts.credentials.tokens import algorithm_of, expired, refused
from text.storable import is_storable

# Only asymmetric algorithms: the verifier of a symmetric signature can also forge one, and using a
# published RSA key as an HMAC secret is a classic attack.
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
              "EdDSA")  # fmt: skip
# Claims in which issuers mark tokens that are not access tokens (Keycloak, Cognito, simplejwt).
_TYPE_CLAIMS = ("typ", "token_type", "token_use", "type")
_WRONG_TYPES = {"refresh", "id", "offline"}


@dataclass(frozen=True, slots=True)
class IssuerClaims:
    """The claims of a verified token: its subject, its times, and the whole payload.

    `issued_at` is None if the token has no `iat`.
    """

    subject: str
    expires_at: datetime
    issued_at: datetime | None
    payload: dict[str, Any]


@lru_cache(maxsize=4)
def keys_from(url: str) -> IssuerKeys:
    """Return this process's key set for `url`."""
    return IssuerKeys(url)


def is_trusted() -> bool:
    """Whether the deployment accepts another issuer's tokens."""
    return bool(conf().jwt_jwk_url and conf().jwt_issuer and conf().jwt_audience)


def read(text: str) -> IssuerClaims:
    """Verify a token of the issuer. Raises `CredentialError`; UNAVAILABLE while its keys cannot be
    fetched.
    """
    if not is_trusted() or algorithm_of(text) not in ALGORITHMS:
        raise refused()
    try:
        kid = jwt.get_unverified_header(text).get("kid")
        if not kid or not isinstance(kid, str):
            raise refused()
        payload = jwt.decode(
            text,
            keys_from(conf().jwt_jwk_url).key(kid),
            algorithms=ALGORITHMS,
            issuer=conf().jwt_issuer,
            audience=conf().jwt_audience,
            leeway=conf().clock_skew_s,
            options={"require": ["exp", "sub", "iss", "aud"]},
        )
        expires_at = datetime.fromtimestamp(payload["exp"], UTC)
        issued_at = datetime.fromtimestamp(payload["iat"], UTC) if "iat" in payload else None
    except jwt.ExpiredSignatureError:
        raise expired() from None
    except (PyJWTError, ValueError, TypeError, OverflowError, OSError, RecursionError):
        raise refused() from None
    if expires_at.timestamp() <= time.time():
        raise expired()
    subject = payload["sub"]
    if not _is_subject(subject) or _is_of_wrong_type(payload):
        raise refused()
    return IssuerClaims(subject, expires_at, issued_at, payload)


def _is_subject(subject: Any) -> bool:
    return isinstance(subject, str) and 0 < len(subject) <= 255 and is_storable(subject)


def _is_of_wrong_type(payload: dict[str, Any]) -> bool:
    return any(str(payload.get(claim)).lower() in _WRONG_TYPES for claim in _TYPE_CLAIMS)
