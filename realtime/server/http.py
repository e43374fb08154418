"""uvicorn's HTTP protocol, with deadlines, turns on the event loop, and a way for a stream to cut a
client that does not read."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from typing_extensions import override
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from realtime.server.connections import TableState
from realtime.server.deadlines import RequestDeadline, WriteDeadline
from realtime.server.http10 import CloseDelimitedCycle
from realtime.server.limits import server_limits
from realtime.server.protocol import DirectProtocol
from realtime.transports.http import ABORT

# nginx allows as much; a bare server should not take more.
MAX_HEADER_BYTES = 64 * 1024
# A header costs more than its characters, most of all a thousand short ones. HTTP/2 counts so much
# for each (RFC 9113, section 6.5.2).
HEADER_OVERHEAD = 32
# What the kernel hands over at once (256 KB) can hold 40,000 chunks of one byte, whose parsing
# takes a tenth of a second. It is parsed in slices. A slice begins small, so that 14 such clients
# together take some milliseconds of each turn, and doubles while it brings large pieces.
SMALL_SLICE = 1024
SLICE = 8 * 1024
# Headers and chunks that are shorter than this on average cost more by their number than by their
# bytes.
DENSE_BYTES = 64
# A body has a chunk for each so many bytes, besides the `body_chunks` that may be of any size.
CHUNK_BYTES = 1024
# Requests that wait behind the one that is being answered. Browsers send none; each costs memory
# for as long as the client lets the first one last.
MAX_PIPELINED = 16

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
    """uvicorn's, which asks the protocol to read on: that may have something not parsed yet."""

    def __init__(self, transport: asyncio.Transport, read_on: Callable[[], None]) -> None:
        super().__init__(transport)
        self._read_on = read_on

    @override
    def resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self._read_on()


class StreamProtocol(HttpToolsProtocol):
    """One connection. ASGI knows only the polite end of a response, which waits for the reader."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = SlicedFlow(transport, self._read_on)
        # What was received and is not parsed yet; while there is any, nothing more is read.
        # Its beginning was parsed already: cutting each slice off would copy the rest each time.
        self._unread = b""
        self._parsed = 0
        self._slice = SMALL_SLICE
        # Headers and parts of bodies that a slice has brought.
        self._pieces = 0
        self._is_chunked = self._has_many_chunks = False
        self._continuing: asyncio.Handle | None = None
        self._unfinished: list[RequestResponseCycle] = []
        self._in_head = self._in_body = self._said_anything = self._is_upgraded = False
        limits = server_limits()
        self._most_chunks = limits.body_chunks
        self._request_deadline = RequestDeadline(
            self.loop,
            limits,
            is_paused=lambda: self.flow.read_paused or bool(self._unread),
            on_late=self._request_is_late,
        )
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
        self._write_deadline.stop()
        super().connection_lost(exc)

    def cut(self) -> None:
        """Close at once: another connection needs the place."""
        self._table.remove(self)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._said_anything = True
        if self._unread:
            self._unread += data
            self.transport.pause_reading()
        else:
            self._unread, self._parsed = data, 0
            self._parse_slice()

    def _parse_slice(self) -> None:
        """Parse as much as a turn on the event loop is for; the rest when all others had theirs."""
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

    def _set_deadline(self) -> None:
        if self._is_upgraded or self.transport.is_closing():
            self._request_deadline.stop()
        elif self._in_body:
            self._request_deadline.expect_body()
        elif self._in_head or not self._is_answering:
            self._request_deadline.expect_head()
        else:
            self._request_deadline.stop()

    # --- what the parser tells ------------------------------------------------------------------

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
        # A head that came in time; the body's own time begins with what `data_received` sees.
        self._request_deadline.stop()
        super().on_headers_complete()
        if self._is_answering and self.scope["http_version"] == "1.0":
            # Its task has not begun. uvicorn takes no class for it.
            cast("Any", self.cycle).__class__ = CloseDelimitedCycle
        # A request that becomes a WebSocket has no cycle: there the last one's is left, or none.
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
        self._table.ask(self)
        super().on_message_complete()

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MAX_HEADER_BYTES:
            # The parser hands it on as a request that cannot be read: 400, and the end.
            raise HeaderTooLargeError

    # --- the end of a request, and of the connection --------------------------------------------

    def handle_websocket_upgrade(self) -> None:
        self._is_upgraded = True
        super().handle_websocket_upgrade()
        self._table.replace(self, cast("DirectProtocol", self.transport.get_protocol()))

    def on_response_complete(self) -> None:
        self._unfinished = [one for one in self._unfinished if not one.response_complete]
        super().on_response_complete()
        if self._in_head or self._in_body:
            # The connection is not idle: the deadline of what is being sent counts.
            self._unset_keepalive_if_required()
        elif not (self.pipeline or self._is_answering or self._unread):
            self._table.rest(self)
        # Also where the connection closes now: `close` waits for a client that does not read.
        self._write_deadline.watch()

    def send_400_response(self, msg: str) -> None:
        # Those that are being answered: no more is written, and their applications hear of it.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        # Else it would be taken for the answer to another request, or a part of this one's.
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
        """Tell every request that is not answered yet that its client is gone.

        uvicorn tells only the one that came last: of two that were sent together, the first would
        go on for as long as it likes, and fill the log with what it cannot write.
        """
        for cycle in self._unfinished:
            cycle.disconnected = True
            cycle.message_event.set()
        self._unfinished.clear()

    @property
    def _is_answering(self) -> bool:
        # uvicorn declares it as always there; it is None before the first request.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def _request_is_late(self) -> None:
        """Tell a client that has begun a request; say nothing to one that only connected."""
        if self.transport.is_closing():
            return
        unanswered = not self._in_body
        if self._is_answering:
            unanswered = not (self.cycle.response_started or self.pipeline)
            # The application hears now that nobody waits for its answer.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self._said_anything and unanswered:
            self.transport.write(_LATE)
        self.transport.close()
        self._write_deadline.watch()


class HeaderTooLargeError(Exception):
    """A request line and headers over the limit."""


class TooManyChunksError(Exception):
    """A body in more chunks than its size is worth."""


class TooManyPipelinedError(Exception):
    """More requests than may wait behind one that is being answered."""
