"""SockJS's pages that are requested before a session, and helpers for short responses."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Any

import orjson

from realtime.conf import conf
from realtime.transports.asgi.non_blocking_send import Send
from realtime.transports.sockjs.headers import (
    NOT_CACHED,
    Headers,
    cached,
    cors,
    header,
)
from realtime.transports.sockjs.services import Service

Page = Callable[[Service, Any, Send], Awaitable[None]]

HTML = b"text/html; charset=UTF-8"
JAVASCRIPT = b"application/javascript; charset=UTF-8"
TEXT = b"text/plain; charset=UTF-8"

# The protocol prescribes this page to the letter.
_IFRAME = """<!DOCTYPE html>
<html>
<head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
  <script>
    document.domain = document.domain;
    _sockjs_onload = function(){SockJS.bootstrap_iframe();};
  </script>
  <script src="%s"></script>
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>
"""


async def greeting(service: Service, scope: Any, send: Send) -> None:
    """Respond with SockJS's greeting."""
    await answer(send, 200, TEXT, b"Welcome to SockJS!\n")


async def info(service: Service, scope: Any, send: Send) -> None:
    """Respond with the server's capabilities, and entropy for browsers that have none."""
    body = {
        "websocket": service.websocket,
        "origins": ["*:*"],
        "cookie_needed": service.cookie_needed,
        "entropy": secrets.randbits(32),
    }
    headers = [*cors(scope), *NOT_CACHED]
    await answer(send, 200, b"application/json; charset=UTF-8", orjson.dumps(body), headers)


async def iframe(service: Service, scope: Any, send: Send) -> None:
    """Respond with the page of this origin through which another origin's page communicates."""
    body, etag = _iframe(conf().sockjs_client_url)
    headers = [*cached(), (b"etag", etag), framed()]
    if header(scope, b"if-none-match") == etag:
        await empty(send, 304, headers)
    else:
        await answer(send, 200, HTML, body, headers)


def framed() -> tuple[bytes, bytes]:
    """Return the header that allows framing to pages that may use the cookie.

    The framed page has our own origin, so that later checks could not tell the difference.
    """
    named = (origin for origin in conf().allowed_origins if origin != "null")
    origins = " ".join(["'self'", *named])
    return b"content-security-policy", f"frame-ancestors {origins}".encode()


async def not_found(send: Send, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
    """Respond that there is no such page or session."""
    await text(send, 404, b"404 Error: Page not found\n", headers)


async def text(
    send: Send, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Send a short text response."""
    await answer(send, status, TEXT, body, headers)


async def answer(
    send: Send,
    status: int,
    content_type: bytes,
    body: bytes,
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    """Send a complete response."""
    lines: Headers = [
        (b"content-type", content_type),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def empty(send: Send, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Send a response without a body and content type."""
    lines = list(headers)
    if status not in (204, 304):
        lines.append((b"content-length", b"0"))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@cache
def _iframe(client_url: str) -> tuple[bytes, bytes]:
    body = (_IFRAME % client_url).encode()
    return body, b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode()
