"""All transports. A new transport is one more line here, and the whole suite is run on it."""

from tests.contract.json_transport import JsonTransport
from tests.contract.lines import Transport
from tests.contract.long_poll_transport import LongPollTransport
from tests.contract.pipes import (
    PipeKind,
    SockJsPollingKind,
    SockJsStreamingKind,
    SockJsWebSocketKind,
    WebSocketKind,
)
from tests.contract.sse_transport import SseTransport
from tests.contract.stomp_transport import StompTransport

WEBSOCKET = WebSocketKind()
PIPES: list[PipeKind] = [
    WEBSOCKET,
    SockJsWebSocketKind(),
    SockJsStreamingKind(),
    SockJsPollingKind(),
]

TRANSPORTS: list[Transport] = [
    JsonTransport(),
    *(StompTransport(kind) for kind in PIPES),
    SseTransport(),
    LongPollTransport(),
]
