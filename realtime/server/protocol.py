"""uvicorn's sans-I/O WebSocket protocol, with a direct path for encoded frames.

The session writes whole frames to the transport, which is twice as fast as ASGI `send`, and is
called back when the transport accepts more. The path is offered in the ASGI scope's extensions, so
that the same consumer runs on servers without it.
"""

import random
import struct
from asyncio import AbstractEventLoop, BaseTransport, Handle
from collections.abc import Callable
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame as WebSocketFrame
from websockets.http11 import Request

from realtime.fanout.rate import REST_S
from realtime.protocol.frames import Frame
from realtime.server.connections import TableState
from realtime.transports.asgi.writers import ABORT_S, DIRECT

# How long a peer that reads has to answer a close frame.
CLOSE_S = 10.0
# The transport's own buffer: anything beyond it waits in the outbox, where it is counted.
HIGH_WATER = 64 * 1024
# One read from the kernel (256 KB) can contain 40,000 frames, whose parsing takes half a second. So
# it is parsed in slices, of at most 170 frames: 2 ms.
SLICE = 1024
# Frames without a message, after which the event loop gets its turn.
FRAMES_PER_TURN = 64
# RFC 6455 §7.4.1: the data does not match the type of the message.
NOT_TEXT = 1007


class DirectProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._table = cast("TableState", server_state).table

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._accepts_more = True
        self._on_resume: Callable[[], None] | None = None
        self._on_pong: Callable[[], None] | None = None
        self._count: Callable[[], bool] | None = None
        # Received and not parsed yet; reading is paused while there is any.
        self._unread = b""
        self._continuing: Handle | None = None
        self._frames = 0
        self._over = False
        self.transport.set_write_buffer_limits(high=HIGH_WATER)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread = b""
        self._table.remove(self)
        super().connection_lost(exc)

    def cut(self) -> None:
        """Close at once."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._unread:
            self._unread += data
            self._pause()
        else:
            self._parse(data)

    def _parse(self, data: bytes) -> None:
        """Parse until there is something for the application to do, or the turn is over."""
        self._frames, self._over = 0, False
        for at in range(0, len(data), SLICE):
            self._parse_slice(data[at : at + SLICE])
            if self.transport.is_closing():
                return
            rest = data[at + SLICE :]
            ended = self._frames >= FRAMES_PER_TURN or self._over or self.close_sent
            if self.read_paused or ended:
                self._unread = rest
                if rest or self._over:
                    self._pause()
                return

    def _pause(self) -> None:
        self.transport.pause_reading()
        if not self.read_paused:
            self._continue_later()

    def _continue_later(self) -> None:
        """Continue after all other connections; later if this one is over its limit."""
        if self._continuing is None:
            if self._over or self.close_sent:
                self._continuing = self.loop.call_later(REST_S, self._continue)
            else:
                self._continuing = self.loop.call_soon(self._continue)

    def _continue(self) -> None:
        self._continuing = None
        data, self._unread = self._unread, b""
        if self.disconnected or self.transport.is_closing():
            return
        self._parse(data)
        if not (self._unread or self.read_paused or self.transport.is_closing()):
            self.transport.resume_reading()

    def _parse_slice(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # For a URL or header over 8 KiB, websockets has queued a 414 or 431, which uvicorn
            # would not send, leaving the client waiting.
            self.handshake_complete = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Check UTF-8, as uvicorn would log a traceback for text that any client can send."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.close(NOT_TEXT, "Invalid UTF-8")
                return
        super().send_receive_event_to_app()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[Any, Any] = cast("dict[Any, Any]", self.scope["extensions"])
            extensions[DIRECT] = self

    # --- interface for the session ----------------------------------------------------------------

    def attach(
        self,
        *,
        on_resume: Callable[[], None],
        on_pong: Callable[[], None],
        count: Callable[[], bool],
    ) -> None:
        """Set the callbacks: for writing again, for a pong, and for every frame without a message.

        `count` returns False for a frame over the limit.
        """
        self._on_resume = on_resume
        self._on_pong = on_pong
        self._count = count

    def write(self, frame: Frame) -> bool:
        """Write a frame if the connection is open; return False if no more is accepted for now."""
        if self.close_sent or self.disconnected or self.conn.close_rcvd is not None:
            return False
        self.transport.write(frame.encoded)
        return self._accepts_more

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake after the written frames."""
        self._close(code, reason, CLOSE_S)

    def close_now(self, code: int, reason: str) -> None:
        """The same, but abort a peer that does not answer within 2 s, and free its buffer."""
        self._close(code, reason, ABORT_S)

    def ping(self) -> None:
        """Send a ping."""
        if not (self.close_sent or self.disconnected or self.transport.is_closing()):
            self.conn.send_ping(struct.pack("!I", random.getrandbits(32)))
            self.transport.write(b"".join(self.conn.data_to_send()))

    def _close(self, code: int, reason: str, patience: float) -> None:
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self._read_on()
        # transport.close() would wait for the buffer of a peer that does not read.
        self.close_timer = self.loop.call_later(patience, self.transport.abort)

    # --- callbacks of the application -------------------------------------------------------------

    async def receive(self) -> Any:
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._read_on()
        return message

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self._unread and not self.read_paused:
            self._continue_later()

    def _read_on(self) -> None:
        if self._unread or self._over:
            self._continue_later()
        else:
            self.transport.resume_reading()

    # --- callbacks of the transport ---------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        self._accepts_more = False

    def resume_writing(self) -> None:
        super().resume_writing()
        self._accepts_more = True
        if self._on_resume is not None:
            self._on_resume()

    def handle_ping(self) -> None:
        self._count_frame()
        super().handle_ping()

    def handle_text(self, event: WebSocketFrame) -> None:
        self._count_fragment(event)
        super().handle_text(event)

    def handle_bytes(self, event: WebSocketFrame) -> None:
        self._count_fragment(event)
        super().handle_bytes(event)

    def handle_cont(self, event: WebSocketFrame) -> None:
        self._count_fragment(event)
        super().handle_cont(event)

    def _count_fragment(self, event: WebSocketFrame) -> None:
        # The last fragment completes a message, which is counted where it is handled.
        if not event.fin:
            self._count_frame()

    def _count_frame(self) -> None:
        self._frames += 1
        # Before the application has attached, a client has no reason to send anything.
        if self._count is None or not self._count():
            self._over = True

    def handle_pong(self, event: WebSocketFrame) -> None:
        self._count_frame()
        super().handle_pong(event)
        if self._on_pong is not None:
            self._on_pong()
