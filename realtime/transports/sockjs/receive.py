"""SockJS requests that receive: polls, and streams that end after a number of bytes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from realtime.transports.asgi.non_blocking_send import Send
from realtime.transports.http import ABORT, Receive, first_value, wait_until
from realtime.transports.sockjs import framing
from realtime.transports.sockjs.headers import (
    NOT_CACHED,
    UNBUFFERED,
    Headers,
    cookie,
    cors,
    with_origin,
)
from realtime.transports.sockjs.pages import (
    HTML,
    JAVASCRIPT,
    answer,
    framed,
    not_found,
    text,
)
from realtime.transports.sockjs.receivers import PollReceiver, StreamReceiver
from realtime.transports.sockjs.session_registry import SessionRegistry, SessionRequest

# Only the name of a page's function: it is written into a script.
_CALLBACK = re.compile(r"[A-Za-z0-9_.$-]{1,128}\Z")
# Some browsers show nothing of a stream before this many bytes.
_PRELUDE_BYTES = 2_048
_HTMLFILE_BYTES = 1_024
_HTMLFILE = """<!doctype html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.%s;
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>"""


def _htmlfile(callback: str) -> bytes:
    # The last line break lets the browser begin to render.
    return (_HTMLFILE % callback).encode().ljust(_HTMLFILE_BYTES) + b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Stream:
    """A streaming transport. `prelude` gets the callback, if the transport has one."""

    method: str
    content_type: bytes
    envelope: framing.Envelope
    prelude: Callable[[str], bytes]
    called: bool = False


STREAMS = {
    "xhr_streaming": Stream(
        "POST", JAVASCRIPT, framing.line, lambda _: b"h" * _PRELUDE_BYTES + b"\n"
    ),
    # An empty line, for Opera.
    "eventsource": Stream(
        "GET", b"text/event-stream; charset=UTF-8", framing.event, lambda _: b"\r\n"
    ),
    "htmlfile": Stream("GET", HTML, framing.script, _htmlfile, called=True),
}


async def poll(
    registry: SessionRegistry, request: SessionRequest, receive: Receive, send: Send
) -> None:
    """Answer xhr and jsonp: one frame."""
    transport = _transport(request)
    envelope: framing.Envelope = framing.line
    if transport == "jsonp":
        callback = await _callback(request, send)
        if not callback:
            return
        envelope = framing.call(callback)
        request = _with_origin(request, readable=True)
    receiver = PollReceiver()
    attachment = await registry.receive(request, f"sockjs_{transport}", receiver)
    if attachment is None:
        await not_found(send, cors(request.scope))
        return
    await wait_until(receiver.finished, receive)
    if not receiver.finished.is_set():
        attachment.left()
        return
    # Without a frame, this instance is draining: the client polls again.
    body = envelope(receiver.frame or framing.HEARTBEAT.payload)
    await answer(send, 200, JAVASCRIPT, body, _headers(request))
    attachment.wrote()


async def stream(
    registry: SessionRegistry, request: SessionRequest, receive: Receive, send: Send
) -> None:
    """Answer xhr_streaming, eventsource and htmlfile: frames until the response is large enough."""
    transport = _transport(request)
    kind = STREAMS[transport]
    callback = ""
    if kind.called:
        callback = await _callback(request, send)
        if not callback:
            return
    if kind.method == "GET":
        request = _with_origin(request, readable=kind.called)
    receiver = StreamReceiver(send, kind.envelope)
    attachment = await registry.receive(request, f"sockjs_{transport}", receiver)
    if attachment is None:
        await not_found(send, cors(request.scope))
        return
    headers = [(b"content-type", kind.content_type), *_headers(request), *UNBUFFERED, framed()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _body(send, kind.prelude(callback))
    receiver.begin()
    await wait_until(receiver.finished, receive)
    if not receiver.finished.is_set():
        attachment.left()
    elif receiver.broken:
        abort: Callable[[], None] | None = request.scope.get("extensions", {}).get(ABORT)
        if abort is not None:
            abort()
    else:
        await _body(send, b"", more=False)


def _transport(request: SessionRequest) -> str:
    path: str = request.scope["path"]
    return path.rpartition("/")[2]


def _headers(request: SessionRequest) -> Headers:
    return [*cors(request.scope), *NOT_CACHED, *cookie(request.scope, request.service)]


def _with_origin(request: SessionRequest, *, readable: bool) -> SessionRequest:
    return replace(request, scope=with_origin(request.scope, readable=readable))


async def _callback(request: SessionRequest, send: Send) -> str:
    """Return the name of the callback; "" if it is missing, after an error response."""
    query = parse_qs(request.scope["query_string"].decode("latin-1"))
    callback = first_value(query, "c") or first_value(query, "callback")
    if not callback:
        await text(send, 500, b'"callback" parameter required')
    elif not _CALLBACK.match(callback):
        await text(send, 500, b'invalid "callback" parameter')
        return ""
    return callback


async def _body(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})
