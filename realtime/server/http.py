"""uvicorn's HTTP protocol, extended: deadlines, turns on the event loop, and aborting streams.

A stream can abort a client that does not read.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from typing_extensions import override
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from realtime.server.conf import conf
from realtime.server.connections import TableState
from realtime.server.deadlines import (
    PausedCheck,
    RequestDeadline,
    WriteDeadline,
    is_closed_by_peer,
)
from realtime.server.http10 import CloseDelimitedCycle
from realtime.server.protocol import DirectProtocol
from realtime.transports.http import ABORT

# nginx accepts as much; a bare server should not accept more.
MAX_HEADER_BYTES = 64 * 1024
# A header takes more memory than its characters, especially many short ones. HTTP/2 adds the same
# overhead to each (RFC 9113, section 6.5.2).
HEADER_OVERHEAD = 32
# One read from the kernel (256 KB) can contain 40,000 chunks of one byte, whose parsing takes a
# tenth of a second. So it is parsed in slices. The slice begins small, so that 14 such clients
# together take some milliseconds of each turn, and doubles while its pieces are large.
SMALL_SLICE = 1024
SLICE = 8 * 1024
# Below this average size, the cost of headers and chunks depends on their number, not their bytes.
DENSE_BYTES = 64
# One chunk is allowed per this many bytes of a body, besides `body_chunks` of any size.
CHUNK_BYTES = 1024
# Requests that wait behind the current one. Browsers send none; each takes memory for as long as
# the client delays the first response.
MAX_PIPELINED = 16
# Unparsed bytes that may wait behind a response that takes long: the largest head.
PIPELINED_BYTES = MAX_HEADER_BYTES

_LATE_BODY = b'{"code":"INVALID","message":"The request took too long to arrive"}'
_LATE = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_LATE_BODY), _LATE_BODY)
)
_CHUNKS_BODY = b'{"code":"INVALID","message":"The body comes in too many small chunks"}'
_CHUNKS = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_CHUNKS_BODY), _CHUNKS_BODY)
)
_TOO_MANY_BODY = (
    b'{"code":"TOO_MANY_CONNECTIONS","message":"Too many connections from this address"}'
)
_TOO_MANY = (
    b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: 5\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_TOO_MANY_BODY), _TOO_MANY_BODY)
)


class SlicedFlow(FlowControl):
    """uvicorn's flow control, which lets the protocol resume, as it may have unparsed data."""

    def __init__(self, transport: asyncio.Transport, read_on: Callable[[], None]) -> None:
        super().__init__(transport)
        self._read_on = read_on

    @override
    def resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self._read_on()


class StreamProtocol(HttpToolsProtocol):
    """One connection. Adds `ABORT`: ASGI can only end a response after the client has read it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = SlicedFlow(transport, self._read_on)
        # Received and not completely parsed; reading is paused while there is any. Its first
        # `_parsed` bytes are parsed already: removing each slice would copy the rest each time.
        self._unread = b""
        self._parsed = 0
        self._slice = SMALL_SLICE
        # Headers and body parts in the current slice.
        self._pieces = 0
        self._is_chunked = self._has_many_chunks = False
        self._continuing: asyncio.Handle | None = None
        self._unfinished: list[RequestResponseCycle] = []
        self._in_head = self._in_body = self._has_received = self._is_upgraded = False
        limits = conf()
        self._most_chunks = limits.body_chunks
        self._request_deadline = RequestDeadline(
            self.loop,
            limits,
            is_paused=self._is_paused,
            on_late=self._request_is_late,
        )
        self._paused_check = PausedCheck(
            self.loop, is_paused=self._is_paused, check=self._check_paused
        )
        # Slices parsed, and how many of them by the last check.
        self._turns = self._checked_turns = 0
        self._write_deadline = WriteDeadline(self.loop, limits, transport)
        self._table = cast("TableState", self.server_state).table
        if self._table.add(self, self.client[0] if self.client else ""):
            self._request_deadline.expect_head()
        else:
            transport.write(_TOO_MANY)
            transport.close()
            self._write_deadline.watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread = b""
        self._abandon()
        self._table.remove(self)
        self._request_deadline.stop()
        self._paused_check.stop()
        self._write_deadline.stop()
        super().connection_lost(exc)

    def cut(self) -> None:
        """Close at once, to make room for another connection."""
        self._table.remove(self)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._has_received = True
        if self._unread or self.flow.read_paused:
            self._unread, self._parsed = self._unread[self._parsed :] + data, 0
            self.transport.pause_reading()
            self._paused_check.watch()
        else:
            self._unread, self._parsed = data, 0
            self._parse_slice()

    def _parse_slice(self) -> None:
        """Parse one slice per turn on the event loop; the rest follows after other connections."""
        self._turns += 1
        start, self._parsed = self._parsed, self._parsed + self._slice
        data = self._unread[start : self._parsed]
        if self._parsed >= len(self._unread):
            self._unread = b""
        self._pieces = 0
        super().data_received(data)
        is_dense = self._pieces * DENSE_BYTES > len(data)
        self._slice = SMALL_SLICE if is_dense else min(self._slice * 2, SLICE)
        if self._is_upgraded:
            rest, self._unread = self._unread[self._parsed :], b""
            if rest:
                cast("DirectProtocol", self.transport.get_protocol()).data_received(rest)
        elif self.transport.is_closing():
            self._unread = b""
        elif self._unread:
            self.transport.pause_reading()
            if not self.flow.read_paused:
                self._continue_later()
        self._set_deadline()
        if not self._is_upgraded:
            self._paused_check.watch()

    def _read_on(self) -> None:
        if self._unread:
            self._continue_later()
        else:
            self.transport.resume_reading()

    def _continue_later(self) -> None:
        if self._continuing is None:
            self._continuing = self.loop.call_soon(self._continue)

    def _continue(self) -> None:
        self._continuing = None
        if self.transport.is_closing():
            self._unread = b""
        elif self._unread and not self.flow.read_paused:
            self._parse_slice()
            if self._may_read:
                self.transport.resume_reading()

    @property
    def _may_read(self) -> bool:
        return not (self._unread or self.flow.read_paused or self.transport.is_closing())

    def _is_paused(self) -> bool:
        return self.flow.read_paused or bool(self._unread)

    def _check_paused(self) -> None:
        """Close the connection of a client that has left, or sends on and on without a response."""
        socket = self.transport.get_extra_info("socket")
        turns, self._checked_turns = self._turns - self._checked_turns, self._turns
        if socket is not None and is_closed_by_peer(socket.fileno()):
            self.transport.abort()
        elif self.pipeline and not turns:
            if len(self._unread) - self._parsed > PIPELINED_BYTES:
                self.send_400_response("Too much is pipelined")
            else:
                # The end of the connection may stand behind more requests. They are kept unparsed.
                self.transport.resume_reading()

    def _set_deadline(self) -> None:
        if self._is_upgraded or self.transport.is_closing():
            self._request_deadline.stop()
        elif self._in_body:
            self._request_deadline.expect_body()
        elif self._in_head or not self._is_answering:
            self._request_deadline.expect_head()
        else:
            self._request_deadline.stop()

    # --- callbacks of the parser ------------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._header_bytes = 0
        scope = cast("dict[str, Any]", self.scope)
        scope["extensions"] = {ABORT: self.transport.abort}

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._pieces += 1
        self._count(len(name) + len(value) + HEADER_OVERHEAD)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            raise TooManyPipelinedError
        self._in_head = False
        self._in_body = True
        self._is_chunked = any(name == b"transfer-encoding" for name, _ in self.headers)
        self._chunks = self._body_bytes = 0
        # The head came in time; the body's deadline begins in `data_received`.
        self._request_deadline.stop()
        super().on_headers_complete()
        if self._is_answering and self.scope["http_version"] == "1.0":
            # Its task has not started yet. uvicorn has no option for the class.
            cast("Any", self.cycle).__class__ = CloseDelimitedCycle
        # A request that becomes a WebSocket has no cycle; the attribute is the previous one's, or
        # None.
        if self._is_answering and self.cycle not in self._unfinished:
            self._unfinished.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        self._pieces += 1
        self._request_deadline.received(len(body))
        if self._is_chunked:
            self._chunks += 1
            self._body_bytes += len(body)
            if self._chunks > self._most_chunks + self._body_bytes // CHUNK_BYTES:
                self._has_many_chunks = True
                raise TooManyChunksError
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        self._table.mark_requested(self)
        super().on_message_complete()

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MAX_HEADER_BYTES:
            # The parser reports it as an invalid request: 400, and the connection ends.
            raise HeaderTooLargeError

    # --- end of a request, and of the connection --------------------------------------------------

    def handle_websocket_upgrade(self) -> None:
        self._is_upgraded = True
        self._paused_check.stop()
        super().handle_websocket_upgrade()
        self._table.replace(self, cast("DirectProtocol", self.transport.get_protocol()))

    def on_response_complete(self) -> None:
        self._unfinished = [one for one in self._unfinished if not one.response_complete]
        super().on_response_complete()
        if self._in_head or self._in_body:
            # The connection is not idle: the deadline of the next request applies.
            self._unset_keepalive_if_required()
        elif not (self.pipeline or self._is_answering or self._unread):
            self._table.mark_idle(self)
        # Also if the connection is closing: `close` waits for a client that does not read.
        self._write_deadline.watch()

    def send_400_response(self, msg: str) -> None:
        # Requests being answered: nothing more is written, and their applications are notified.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        # Otherwise it would be read as the response to another request, or as a part of this one's.
        may_answer = not (self.pipeline or (cycle is not None and cycle.response_started))
        self._abandon()
        if not self._has_many_chunks:
            super().send_400_response(msg)
        else:
            if may_answer:
                self.transport.write(_CHUNKS)
            self.transport.close()
        self._write_deadline.watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_deadline.stop()
        self._write_deadline.watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._is_answering:
            self._write_deadline.stop()

    def _abandon(self) -> None:
        """Notify the applications of all unanswered requests that the client has disconnected.

        uvicorn notifies only the last one: of two pipelined requests, the first would run on
        without limit, and fill the log with failed writes.
        """
        for cycle in self._unfinished:
            cycle.disconnected = True
            cycle.message_event.set()
        self._unfinished.clear()

    @property
    def _is_answering(self) -> bool:
        # uvicorn declares it as always set; it is None before the first request.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def _request_is_late(self) -> None:
        """Send an error to a client that has begun a request; send nothing to a silent one."""
        if self.transport.is_closing():
            return
        unanswered = not self._in_body
        if self._is_answering:
            unanswered = not (self.cycle.response_started or self.pipeline)
            # The application learns that the client is not waiting any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self._has_received and unanswered:
            self.transport.write(_LATE)
        self.transport.close()
        self._write_deadline.watch()


class HeaderTooLargeError(Exception):
    """The request line and headers exceed the limit."""


class TooManyChunksError(Exception):
    """The body has more chunks than its size justifies."""


class TooManyPipelinedError(Exception):
    """Too many requests wait behind the current one."""
