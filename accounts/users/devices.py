"""Browsers in which a user has signed in before, marked by a signed, HttpOnly cookie.

It is no credential. It gives a sign-in a budget of its own, so that guesses from elsewhere cannot
lock the user out (`accounts/passwords/throttle.py`).
"""

import secrets
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

from accounts.conf import conf
from text.names import fold

DEVICE_COOKIE = "known_device"
_SALT = "accounts.users.devices"
# Users who share one browser; the cookie stays below 400 bytes.
_MAX_NAMES = 8
_TAG_CHARS = 16


@dataclass(frozen=True, slots=True)
class Device:
    """A browser's random id, and tags of the user names that have signed in there."""

    id: str
    names: tuple[str, ...]


def read_device(cookie: str) -> Device | None:
    """Return the device of a cookie; None without one, or if forged or expired. No database."""
    if not cookie:
        return None
    try:
        value: Any = signing.loads(cookie, salt=_SALT, max_age=conf().login_device_days * 86_400)
        return Device(str(value["id"]), tuple(str(name) for name in value["names"]))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def known_device_id(request: HttpRequest | None, name: str) -> str:
    """Return the id of the request's browser if this name has signed in there before, else ""."""
    device = read_device(request.COOKIES.get(DEVICE_COOKIE, "")) if request else None
    return device.id if device and name_tag(name) in device.names else ""


def remember_device(request: HttpRequest, response: HttpResponseBase, name: str) -> None:
    """Set the cookie that marks the browser as known to this name."""
    known = read_device(request.COOKIES.get(DEVICE_COOKIE, ""))
    device_id = known.id if known else secrets.token_urlsafe(12)
    others = [tag for tag in (known.names if known else ()) if tag != name_tag(name)]
    names = [*others, name_tag(name)][-_MAX_NAMES:]
    same_site: Literal["Lax", "None"] = "Lax" if settings.DEBUG else "None"
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps({"id": device_id, "names": names}, salt=_SALT),
        max_age=conf().login_device_days * 86_400,
        httponly=True,
        secure=not settings.DEBUG,
        samesite=same_site,
    )


def name_tag(name: str) -> str:
    """Return a tag of the name, the same for every spelling."""
    return salted_hmac(_SALT, fold(name), algorithm="sha256").hexdigest()[:_TAG_CHARS]
