"""ASGI middleware at the HTTP door: a request's size and characters, before anybody reads it.

Django's handler would spool a body of any size to disk, and DRF takes a chunked one for empty.
"""

from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from api.limits import max_body_bytes, max_path_chars

_TOO_LARGE = (413, b'{"code":"MESSAGE_TOO_LARGE","message":"The body is larger than is allowed"}')
_LONG_PATH = (414, b'{"code":"MESSAGE_TOO_LARGE","message":"The path is longer than is allowed"}')
# No text that the database stores may hold a NUL; in a path or a query it is never meant well.
_NUL = (400, b'{"code":"INVALID","message":"The address holds a NUL character"}')


class TooLargeError(Exception):
    """The body went over the limit while it was read."""


def check_requests(application: Any) -> ASGI3Application:
    """The application, which sees bodies of a known, bounded length only."""

    async def checked(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            await _refuse(send, *_NUL)
        elif len(scope["path"]) > max_path_chars():
            await _refuse(send, *_LONG_PATH)
        elif b"content-length" in headers:
            if _number(headers[b"content-length"]) > max_body_bytes():
                await _refuse(send, *_TOO_LARGE)
            else:
                await application(scope, receive, send)
        elif b"transfer-encoding" in headers:
            try:
                body = await _read(receive)
            except TooLargeError:
                await _refuse(send, *_TOO_LARGE)
                return
            length = (b"content-length", str(len(body)).encode())
            whole: Any = {**scope, "headers": [*scope["headers"], length]}
            await application(whole, _once(body, receive), send)
        else:
            await application(scope, receive, send)

    return checked


async def _read(receive: ASGIReceiveCallable) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""  # gone: nobody waits for an answer
        parts.append(message["body"])
        size += len(message["body"])
        if size > max_body_bytes():
            raise TooLargeError
        if not message["more_body"]:
            return b"".join(parts)


def _once(body: bytes, receive: ASGIReceiveCallable) -> Any:
    given = False

    async def replay() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _number(text: bytes) -> int:
    # The server has refused what is no number before.
    return int(text) if text.isdigit() else 0


async def _refuse(send: ASGISendCallable, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send(
        {"type": "http.response.start", "status": status, "headers": headers, "trailers": False}
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
