"""ASGI middleware: requests with a password wait in a queue of their own.

Each takes a thread for as long as its password is hashed. Were they to wait inside the request
slots that all requests share, a dozen clients with wrong passwords would slow down everybody.
"""

import asyncio
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.http import parse_cookie

from accounts.devices import DEVICE_COOKIE, read_device
from accounts.throttle import network_of
from config.fair_queue import FairQueue, QueueFullError

# What takes a password, by POST.
PATHS = frozenset({"/api/v1/auth/token", "/admin/login/", "/admin/password_change/"})
# A name and a password take 3 KiB at most, with every character escaped 12. What is larger is no
# sign-in, and the view can say why; `read_bodies` has bounded what all bodies take together.
MAX_BODY_BYTES = 1024 * 1024
# A body of that size takes a second over a bad line. It is read before the turn begins: who never
# sends it must not hold one.
BODY_S = 10.0
RETRY_AFTER_S = 2

_Refusal = tuple[int, bytes]
_BUSY: _Refusal = (503, b'{"code":"UNAVAILABLE","message":"Too many people sign in at once"}')
_SLOW: _Refusal = (408, b'{"code":"INVALID","message":"The body did not come in time"}')
_LARGE: _Refusal = (
    413,
    b'{"code":"MESSAGE_TOO_LARGE","message":"The body is larger than is allowed"}',
)


def queue_sign_ins(application: Any, *, at_once: int, waiting: int) -> ASGI3Application:
    """The application, in which at most `at_once` sign-ins run and `waiting` wait, fairly."""
    queue = FairQueue(at_once=at_once, waiting=waiting)

    async def queued(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in PATHS:
            await application(scope, receive, send)
            return
        body = await _read_body(receive)
        if not isinstance(body, bytes):
            if body is not None:
                await _refuse(send, body)
            return
        try:
            await queue.acquire(_key(scope))
        except QueueFullError:
            await _refuse(send, _BUSY)
            return
        try:
            await application(scope, _replaying(body, receive), send)
        finally:
            queue.release()

    return queued


def _key(scope: Any) -> str:
    """Whose turn it is: a known browser's, whatever its address, else its network's."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookie = parse_cookie(value.decode("latin-1")).get(DEVICE_COOKIE, "")
            if device := read_device(cookie):
                return f"device {device.id}"
    client = scope.get("client")
    return network_of(client[0]) if client else ""


async def _read_body(receive: ASGIReceiveCallable) -> bytes | _Refusal | None:
    """The body, or why there is none; None for a client that is gone."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                parts.append(message["body"])
                size += len(message["body"])
                if size > MAX_BODY_BYTES:
                    return _LARGE
                if not message["more_body"]:
                    return b"".join(parts)
    except TimeoutError:
        return _SLOW


def _replaying(body: bytes, receive: ASGIReceiveCallable) -> Any:
    is_given = False

    async def replay() -> Any:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(send: ASGISendCallable, refusal: _Refusal) -> None:
    status, body = refusal
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    else:
        headers.append((b"connection", b"close"))
    await send(
        {"type": "http.response.start", "status": status, "headers": headers, "trailers": False}
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
