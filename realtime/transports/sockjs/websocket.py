"""SockJS over a WebSocket: a session that lives as long as its connection.

Without the framing (the bare `/websocket`), it is a plain WebSocket to the same service.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from realtime.fanout.outbox import SocketWriter
from realtime.protocol.frames import Frame
from realtime.transports.asgi.non_blocking_send import Send
from realtime.transports.asgi.writers import DIRECT, AsgiWriter
from realtime.transports.sockjs import framing
from realtime.transports.sockjs.services import Service, ServiceSession
from realtime.transports.sockjs.timeouts import Timeouts

TRANSPORT = "sockjs_websocket"
# RFC 6455 §7.4.1: the data does not match the type of the message.
BROKEN = 1007


class SockJSFrameWriter:
    """Wraps messages in SockJS frames; its own frames are queued like all others."""

    def __init__(self, writer: SocketWriter[Frame]) -> None:
        self._writer = writer
        self._accepts_more = True
        self._waiting: deque[Frame] = deque()

    def write(self, frame: Frame) -> bool:
        return self.put(framing.array_of(frame))

    def put(self, frame: Frame) -> bool:
        """Write a frame that is already in SockJS framing."""
        if self._accepts_more:
            self._accepts_more = self._writer.write(frame)
        else:
            self._waiting.append(frame)
        return self._accepts_more

    def heartbeat(self) -> None:
        """Send a heartbeat, unless frames are waiting."""
        if self._accepts_more:
            self.put(framing.HEARTBEAT)

    def resume(self) -> bool:
        """Write queued frames. Returns False if the conversation must still wait."""
        self._accepts_more = True
        while self._waiting and self._accepts_more:
            self._accepts_more = self._writer.write(self._waiting.popleft())
        return self._accepts_more

    def close(self, code: int, reason: str) -> None:
        if self.put(framing.close(code, reason)):
            self._writer.close(code, reason)
        else:
            self._writer.close_now(code, reason)

    def close_now(self, code: int, reason: str) -> None:
        self._waiting.clear()
        self._writer.close_now(code, reason)

    def ping(self) -> None:
        self._writer.ping()


class SockJSConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """One connection; like `SocketConsumer`, without a channel of its own."""

    channel_layer_alias = "none"

    def __init__(self, *, service: Service, framed: bool = True) -> None:
        self._service = service
        self._framed = framed
        self._service_session: ServiceSession | None = None
        self._writer: SocketWriter[Frame]
        self._heartbeat_timer: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        self.scope = scope
        self.base_send = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            if self._heartbeat_timer is not None:
                self._heartbeat_timer.cancel()
            if self._service_session is not None:
                await self._service_session.ended()

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        match message["type"]:
            case "websocket.receive":
                if self._service_session is not None:
                    text = message.get("text")
                    payload = message.get("bytes") if text is None else text.encode()
                    await self._receive(self._service_session, payload or b"")
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
        self._writer = direct or self._asgi_writer()
        if self._framed:
            framed = self._writer = SockJSFrameWriter(self._writer)
            framed.put(framing.OPEN)
            self._schedule_heartbeat(framed)
        transport = TRANSPORT if self._framed else "websocket"
        self._service_session = self._service.begin(self.scope, self._writer, transport)
        if direct is not None:
            direct.attach(
                on_resume=self._resume,
                on_pong=self._service_session.touch,
                count=self._service_session.count,
            )
        await self._service_session.open()

    async def _receive(self, service_session: ServiceSession, payload: bytes) -> None:
        if not self._framed:
            await service_session.receive(payload)
            return
        if not payload:
            # The protocol requires empty messages to be ignored.
            await service_session.skip()
            return
        try:
            messages = framing.decode(payload)
        except framing.PayloadError as error:
            self._writer.close_now(BROKEN, str(error))
            return
        if not messages:
            await service_session.skip()
        for message in messages:
            if service_session.is_closed:
                return
            await service_session.receive(message)

    def _asgi_writer(self) -> AsgiWriter:
        # daphne sets no version of the specification; every other server does.
        daphne = "spec_version" not in self.scope["asgi"]
        return AsgiWriter(self.base_send, on_resume=self._resume, daphne=daphne)

    def _resume(self) -> None:
        takes = not isinstance(self._writer, SockJSFrameWriter) or self._writer.resume()
        if takes and self._service_session is not None:
            self._service_session.resume()

    def _schedule_heartbeat(self, writer: SockJSFrameWriter) -> None:
        self._heartbeat_timer = asyncio.get_running_loop().call_later(
            Timeouts().heartbeat_s, self._send_heartbeat, writer
        )

    def _send_heartbeat(self, writer: SockJSFrameWriter) -> None:
        writer.heartbeat()
        self._schedule_heartbeat(writer)
