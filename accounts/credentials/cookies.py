"""HttpOnly cookies with the tokens, which scripts cannot read."""

from typing import Literal

from django.conf import settings
from django.http import HttpResponseBase

from accounts.credentials import tokens
from accounts.credentials.extraction import ACCESS_COOKIE, REFRESH_COOKIE
from accounts.services import TokenPair

# The refresh token is sent only to the endpoints that use it.
_PATHS = {ACCESS_COOKIE: "/", REFRESH_COOKIE: "/api/v1/auth"}


def set_cookies(response: HttpResponseBase, pair: TokenPair) -> None:
    """Set cookies with both tokens.

    The access token's cookie outlives the token, so that its sender gets TOKEN_EXPIRED and
    refreshes.
    """
    for name, value in ((ACCESS_COOKIE, pair.access), (REFRESH_COOKIE, pair.refresh)):
        response.set_cookie(
            name,
            value,
            max_age=tokens.refresh_lifetime(),
            path=_PATHS[name],
            httponly=True,
            secure=not settings.DEBUG,
            samesite=_same_site(),
        )


def clear_cookies(response: HttpResponseBase) -> None:
    """Delete both cookies."""
    for name, path in _PATHS.items():
        response.delete_cookie(name, path=path, samesite=_same_site())


def _same_site() -> Literal["Lax", "None"]:
    # None lets pages of other allowed origins use it; browsers accept that only with Secure.
    return "Lax" if settings.DEBUG else "None"
