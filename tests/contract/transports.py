"""All doors. A new transport is one more line here, and the whole suite is run on it."""

from tests.contract.json_transport import JsonDoor
from tests.contract.lines import Door
from tests.contract.long_poll_transport import LongPollDoor
from tests.contract.pipes import (
    PipeKind,
    SockJsPollingKind,
    SockJsStreamingKind,
    SockJsWebSocketKind,
    WebSocketKind,
)
from tests.contract.sse_transport import SseDoor
from tests.contract.stomp_transport import StompDoor

WEBSOCKET = WebSocketKind()
PIPES: list[PipeKind] = [
    WEBSOCKET,
    SockJsWebSocketKind(),
    SockJsStreamingKind(),
    SockJsPollingKind(),
]

DOORS: list[Door] = [JsonDoor(), *(StompDoor(kind) for kind in PIPES), SseDoor(), LongPollDoor()]
