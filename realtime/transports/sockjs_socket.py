"""SockJS over a WebSocket: a session that lives as long as its connection.

Without the framing (the bare `/websocket`) it is a plain WebSocket to the same service.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from realtime.codecs import sockjs
from realtime.frames import Frame
from realtime.outbox import Wire
from realtime.sockjs.pace import Pace
from realtime.sockjs.services import Service, Talk
from realtime.transports.stepping import Send
from realtime.transports.wires import DIRECT, AsgiWire

TRANSPORT = "sockjs_websocket"
# RFC 6455 §7.4.1: data that is not what the message's type promises.
BROKEN = 1007


class FramedWire:
    """Puts messages into SockJS's frames; its own frames wait their turn like all others."""

    def __init__(self, wire: Wire[Frame]) -> None:
        self._wire = wire
        self._taking = True
        self._late: deque[Frame] = deque()

    def write(self, frame: Frame) -> bool:
        return self.put(sockjs.array_of(frame))

    def put(self, frame: Frame) -> bool:
        """Write a frame that is SockJS's already."""
        if self._taking:
            self._taking = self._wire.write(frame)
        else:
            self._late.append(frame)
        return self._taking

    def beat(self) -> None:
        """A heartbeat, unless the client has enough to read."""
        if self._taking:
            self.put(sockjs.HEARTBEAT)

    def resume(self) -> bool:
        """The wire takes more. False: not for the conversation, yet."""
        self._taking = True
        while self._late and self._taking:
            self._taking = self._wire.write(self._late.popleft())
        return self._taking

    def close(self, code: int, reason: str) -> None:
        if self.put(sockjs.close(code, reason)):
            self._wire.close(code, reason)
        else:
            self._wire.close_now(code, reason)

    def close_now(self, code: int, reason: str) -> None:
        self._late.clear()
        self._wire.close_now(code, reason)

    def ping(self) -> None:
        self._wire.ping()


class SockJSConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """One connection; like `SocketConsumer` without a channel of its own."""

    channel_layer_alias = "none"

    def __init__(self, *, service: Service, framed: bool = True) -> None:
        self._service = service
        self._framed = framed
        self._talk: Talk | None = None
        self._wire: Wire[Frame]
        self._beating: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        self.scope = scope
        self.base_send = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            if self._beating is not None:
                self._beating.cancel()
            if self._talk is not None:
                await self._talk.ended()

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        match message["type"]:
            case "websocket.receive":
                if self._talk is not None:
                    text = message.get("text")
                    payload = message.get("bytes") if text is None else text.encode()
                    await self._receive(self._talk, payload or b"")
            case "websocket.connect":
                await self._connect()
            case "websocket.disconnect":
                raise StopConsumer

    async def _connect(self) -> None:
        if not self._service.websocket:
            await self.base_send({"type": "websocket.close", "code": 1000, "reason": ""})
            raise StopConsumer
        await self.base_send({"type": "websocket.accept"})
        direct = self.scope.get("extensions", {}).get(DIRECT)
        self._wire = direct or self._asgi_wire()
        if self._framed:
            framed = self._wire = FramedWire(self._wire)
            framed.put(sockjs.OPEN)
            self._beat_later(framed)
        transport = TRANSPORT if self._framed else "websocket"
        self._talk = self._service.begin(self.scope, self._wire, transport)
        if direct is not None:
            direct.attach(on_resume=self._resume, on_pong=self._talk.touch, count=self._talk.count)
        await self._talk.open()

    async def _receive(self, talk: Talk, payload: bytes) -> None:
        if not self._framed:
            await talk.receive(payload)
            return
        if not payload:
            # The protocol has empty messages ignored.
            await talk.skip()
            return
        try:
            messages = sockjs.decode(payload)
        except sockjs.PayloadError as error:
            self._wire.close_now(BROKEN, str(error))
            return
        if not messages:
            await talk.skip()
        for message in messages:
            if talk.is_closed:
                return
            await talk.receive(message)

    def _asgi_wire(self) -> AsgiWire:
        # daphne names no version of the specification; every other server does.
        daphne = "spec_version" not in self.scope["asgi"]
        return AsgiWire(self.base_send, on_resume=self._resume, daphne=daphne)

    def _resume(self) -> None:
        takes = not isinstance(self._wire, FramedWire) or self._wire.resume()
        if takes and self._talk is not None:
            self._talk.resume()

    def _beat_later(self, wire: FramedWire) -> None:
        self._beating = asyncio.get_running_loop().call_later(Pace().heartbeat_s, self._beat, wire)

    def _beat(self, wire: FramedWire) -> None:
        wire.beat()
        self._beat_later(wire)
