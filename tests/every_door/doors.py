"""All doors. A new transport is one more line here, and the whole suite is run on it."""

from tests.every_door.json_door import JsonDoor
from tests.every_door.lines import Door
from tests.every_door.long_poll_door import LongPollDoor
from tests.every_door.pipes import (
    PipeKind,
    SockJsPollingKind,
    SockJsStreamingKind,
    SockJsWebSocketKind,
    WebSocketKind,
)
from tests.every_door.sse_door import SseDoor
from tests.every_door.stomp_door import StompDoor

WEBSOCKET = WebSocketKind()
PIPES: list[PipeKind] = [
    WEBSOCKET,
    SockJsWebSocketKind(),
    SockJsStreamingKind(),
    SockJsPollingKind(),
]

DOORS: list[Door] = [JsonDoor(), *(StompDoor(kind) for kind in PIPES), SseDoor(), LongPollDoor()]
