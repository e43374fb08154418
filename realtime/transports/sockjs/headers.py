"""What SockJS's answers say about caching, cookies and other origins.

Other origins are let in here, as the protocol asks: a page of theirs has a token or a ticket of its
own. The cookie opens nothing for it, as the gate and each session's owner see to.
"""

import re
from collections.abc import Mapping
from email.utils import formatdate
from time import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from realtime.transports.sockjs.services import Service

Headers = list[tuple[bytes, bytes]]

_YEAR_S = 365 * 24 * 3600
NOT_CACHED: Headers = [(b"cache-control", b"no-store, no-cache, must-revalidate, max-age=0")]
# nginx would otherwise collect a stream before passing it on.
UNBUFFERED: Headers = [(b"x-accel-buffering", b"no")]
_SESSION_COOKIE = re.compile(rb"(?:^|;)\s*JSESSIONID=([A-Za-z0-9._~!-]{1,128})\s*(?:;|$)")


def header(scope: Mapping[str, Any], name: bytes) -> bytes:
    """A request's header, b"" if it is not there."""
    found: bytes = next((value for key, value in scope["headers"] if key.lower() == name), b"")
    return found


def cached() -> Headers:
    """For a year, by everybody."""
    return [
        (b"cache-control", b"public, max-age=%d" % _YEAR_S),
        (b"expires", formatdate(time() + _YEAR_S, usegmt=True).encode()),
    ]


def cors(scope: Mapping[str, Any]) -> Headers:
    """For the page that asks, whatever its origin.

    Files and many webviews say `null`, which the protocol answers by `*`. Browsers take that for no
    permission with credentials: where `null` is among the allowed origins, it is told itself.
    """
    origin = header(scope, b"origin")
    is_open = origin == b"" or (
        origin == b"null" and "null" not in settings.BELLWIRE_ALLOWED_ORIGINS
    )
    lines = [
        (b"access-control-allow-origin", b"*" if is_open else origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]
    asked = header(scope, b"access-control-request-headers")
    if asked:
        lines.append((b"access-control-allow-headers", asked))
    return lines


def preflight(scope: Mapping[str, Any], method: bytes) -> Headers:
    """The answer to OPTIONS."""
    return [
        *cors(scope),
        *cached(),
        (b"access-control-allow-methods", b"OPTIONS, " + method),
        (b"access-control-max-age", b"%d" % _YEAR_S),
    ]


def cookie(scope: Mapping[str, Any], service: Service) -> Headers:
    """The cookie by which some balancers keep a session on one instance, where that is wanted."""
    if not service.cookie_needed:
        return []
    found = _SESSION_COOKIE.search(header(scope, b"cookie"))
    return [(b"set-cookie", b"JSESSIONID=" + (found[1] if found else b"dummy") + b"; Path=/")]


def attributed(scope: Mapping[str, Any], *, readable: bool) -> Mapping[str, Any]:
    """The scope of a GET, with the Origin that browsers leave out of it.

    A script or a frame of another site brings the cookie along. Where such a page can read the
    answer (`readable`: jsonp, htmlfile), nothing is taken for the server's own on trust.
    """
    if header(scope, b"origin"):
        return scope
    site = header(scope, b"sec-fetch-site")
    referer = urlsplit(header(scope, b"referer").decode("latin-1"))
    if referer.netloc:
        origin = f"{referer.scheme}://{referer.netloc}".encode("latin-1")
    elif site in (b"same-origin", b"none") or not (site or readable):
        return scope
    else:
        origin = b"null"
    return {**scope, "headers": [*scope["headers"], (b"origin", origin)]}
