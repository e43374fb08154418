"""Headers of SockJS's responses for caching, cookies and CORS.

Any origin is allowed, as the protocol requires: its pages use a token or ticket of their own. The
cookie does not authenticate them, as the gate and each session's owner check.
"""

import re
from collections.abc import Mapping
from email.utils import formatdate
from time import time
from typing import Any
from urllib.parse import urlsplit

from realtime.conf import conf
from realtime.transports.sockjs.services import Service

Headers = list[tuple[bytes, bytes]]

_YEAR_S = 365 * 24 * 3600
NOT_CACHED: Headers = [(b"cache-control", b"no-store, no-cache, must-revalidate, max-age=0")]
# nginx would otherwise buffer a stream before passing it on.
UNBUFFERED: Headers = [(b"x-accel-buffering", b"no")]
_SESSION_COOKIE = re.compile(rb"(?:^|;)\s*JSESSIONID=([A-Za-z0-9._~!-]{1,128})\s*(?:;|$)")


def header(scope: Mapping[str, Any], name: bytes) -> bytes:
    """Return a request's header, or b"" if it is missing."""
    found: bytes = next((value for key, value in scope["headers"] if key.lower() == name), b"")
    return found


def cached() -> Headers:
    """Return headers for public caching for a year."""
    return [
        (b"cache-control", b"public, max-age=%d" % _YEAR_S),
        (b"expires", formatdate(time() + _YEAR_S, usegmt=True).encode()),
    ]


def cors(scope: Mapping[str, Any]) -> Headers:
    """Return CORS headers for the requesting page, whatever its origin.

    Files and many webviews send `null`, which the protocol answers with `*`. Browsers do not accept
    that for requests with credentials: if `null` is among the allowed origins, it is sent back.
    """
    origin = header(scope, b"origin")
    is_open = origin == b"" or (origin == b"null" and "null" not in conf().allowed_origins)
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
    """Return the headers of a response to OPTIONS."""
    return [
        *cors(scope),
        *cached(),
        (b"access-control-allow-methods", b"OPTIONS, " + method),
        (b"access-control-max-age", b"%d" % _YEAR_S),
    ]


def cookie(scope: Mapping[str, Any], service: Service) -> Headers:
    """Return the cookie by which some balancers keep a session on one instance, if requested."""
    if not service.cookie_needed:
        return []
    found = _SESSION_COOKIE.search(header(scope, b"cookie"))
    return [(b"set-cookie", b"JSESSIONID=" + (found[1] if found else b"dummy") + b"; Path=/")]


def with_origin(scope: Mapping[str, Any], *, readable: bool) -> Mapping[str, Any]:
    """Return the scope of a GET with the Origin that browsers omit.

    A script or frame of another site sends the cookie along. If such a page could read the response
    (`readable`: jsonp, htmlfile), the request is not assumed to be same-origin.
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
