"""SockJS requests that send: an array of messages in the body."""

from typing import Any
from urllib.parse import parse_qs

from realtime.transports.asgi.non_blocking_send import Send
from realtime.transports.http import Receive, first_value
from realtime.transports.sockjs import framing
from realtime.transports.sockjs.headers import (
    NOT_CACHED,
    Headers,
    cookie,
    cors,
    header,
)
from realtime.transports.sockjs.pages import (
    TEXT,
    answer,
    empty,
    not_found,
    text,
)
from realtime.transports.sockjs.session_registry import SessionRegistry, SessionRequest
from realtime.transports.sockjs.timeouts import BODY_BYTES, BODY_MESSAGES

_FORM = b"application/x-www-form-urlencoded"
# Percent-encoding turns one byte into three.
_FORM_BYTES = 3 * BODY_BYTES


class TooLargeError(Exception):
    """The body exceeds its size limit."""


async def xhr_send(
    registry: SessionRegistry, request: SessionRequest, receive: Receive, send: Send
) -> None:
    """Accept messages whose array is the body."""
    if await _receive_messages(registry, request, receive, send, form=False):
        # A content type although there is no body: Firefox would parse it as XML.
        await empty(send, 204, [(b"content-type", TEXT), *_headers(request)])


async def jsonp_send(
    registry: SessionRegistry, request: SessionRequest, receive: Receive, send: Send
) -> None:
    """Accept messages whose array is the form field `d`, or the body itself."""
    form = header(request.scope, b"content-type").lower().startswith(_FORM)
    if await _receive_messages(registry, request, receive, send, form=form):
        # Konqueror does not handle 204.
        await answer(send, 200, TEXT, b"ok", _headers(request))


async def _receive_messages(
    registry: SessionRegistry, request: SessionRequest, receive: Receive, send: Send, *, form: bool
) -> bool:
    """Queue the messages for the session. Returns False after an error response."""
    try:
        messages = await _messages(request, receive, form=form)
    except TooLargeError:
        headers = [*cors(request.scope), (b"connection", b"close")]
        await text(send, 413, b"The body is larger than is allowed", headers)
        return False
    except framing.PayloadError as error:
        await text(send, 500, str(error).encode(), cors(request.scope))
        return False
    if not await registry.enqueue(request, messages):
        await not_found(send, cors(request.scope))
        return False
    return True


async def _messages(request: SessionRequest, receive: Receive, *, form: bool) -> list[bytes]:
    body = await _read(request.scope, receive, _FORM_BYTES if form else BODY_BYTES)
    if form:
        body = _field(body)
    if len(body) > BODY_BYTES:
        raise TooLargeError
    messages = framing.decode(body)
    if len(messages) > BODY_MESSAGES:
        raise TooLargeError
    return messages


def _headers(request: SessionRequest) -> Headers:
    return [*cors(request.scope), *NOT_CACHED, *cookie(request.scope, request.service)]


def _field(body: bytes) -> bytes:
    try:
        fields = parse_qs(body.decode("latin-1"), max_num_fields=16)
    except ValueError:
        raise framing.PayloadError("Broken JSON encoding.") from None
    return first_value(fields, "d").encode("utf-8", "surrogatepass")


async def _read(scope: Any, receive: Receive, limit: int) -> bytes:
    length = header(scope, b"content-length")
    if length.isdigit() and int(length) > limit:
        raise TooLargeError
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > limit:
            raise TooLargeError
        if not message.get("more_body", False):
            return b"".join(parts)
