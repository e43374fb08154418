"""A thousand clients in one process, cheap enough that the server is what is measured.

Once open, a client finds where frames end and counts them, and looks into none unless asked.
"""

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from benchmarks.events import FIRST
from benchmarks.machine import BenchmarkError
from benchmarks.websocket_frames import pong

# Concurrent handshakes: daphne's listen queue holds 50.
_AT_ONCE = 50
_OPEN_S = 60.0
# A client that does not read is disconnected after 2 s at the latest.
_END_S = 10.0
_SMALL = 64 * 1024
_TEXT, _CLOSE, _PING = 0x81, 0x88, 0x89
# A broadcast's change of each user's count is sent from time to time, and is not a delivery.
_STATE = b'{"type":"unread_count"'
_PONG = 0x8A


@dataclass(frozen=True, slots=True)
class Handshake:
    """A client's handshake and its `opening` message; it is ready once `ready` was received."""

    request: bytes
    opening: bytes = b""
    ready: bytes = b""


class LoadConnection(asyncio.Protocol):
    """An open, subscribed connection. `received` counts its events."""

    __slots__ = ("_last", "_load", "_rest", "ended", "gone", "received", "transport")

    def __init__(self, load: "LoadClients", transport: asyncio.Transport) -> None:
        self.transport = transport
        self.received = 0
        self.ended = ""
        self.gone = asyncio.Event()
        self._load = load
        self._rest = b""
        self._last = b""

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        size, end, count, last = len(data), 0, 0, b""
        while size - end >= 2:
            length, body = data[end + 1], end + 2
            if length == 126:
                if size - end < 4:
                    break
                length, body = data[end + 2] << 8 | data[end + 3], end + 4
            if body + length > size:
                break
            kind, end = data[end], body + length
            if kind != _TEXT:
                self._control(kind, data[body:end])
                continue
            if data.startswith(_STATE, body):
                continue
            count += 1
            last = data[body:end]
            if self._load.looks:
                self._check(last, self.received + count)
        self._rest = data[end:]
        if count:
            self.received += count
            self._last = last
            self._load.got(count)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = self.ended or "cut without a close frame"
        self.gone.set()
        self._load.lost(self)

    def check(self) -> None:
        """Check that the newest event's number matches the count; the crowd has failed
        otherwise.
        """
        self._check(self._last, self.received)

    def _check(self, payload: bytes, count: int) -> None:
        if str(FIRST + count - 1).encode() not in payload:
            self._load.fail(f"expected event {FIRST + count - 1}, got {payload!r}")

    def _control(self, kind: int, body: bytes) -> None:
        if kind == _PING:
            self.transport.write(pong(body))
        elif kind == _CLOSE:
            self.ended = f"{int.from_bytes(body[:2], 'big')} {body[2:].decode()}"
        elif kind != _PONG:
            self.ended = f"sent a frame of kind {kind:#x}"
            self.transport.abort()


class _Opening(asyncio.Protocol):
    """A connection until it is ready; then a `LoadConnection` replaces it."""

    def __init__(self, load: "LoadClients", handshake: Handshake) -> None:
        self._load = load
        self._visitor = handshake
        self._seen = b""
        self._open = False
        self.client: asyncio.Future[LoadConnection] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not derive from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._visitor.request)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if not self._open:
            head, found, rest = self._seen.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                self._fail(f"the handshake was answered {head[:200]!r}")
                return
            self._open, self._seen = True, rest
            if self._visitor.opening:
                self._transport.write(self._visitor.opening)
        if self._visitor.ready in self._seen:
            client = LoadConnection(self._load, self._transport)
            self._transport.set_protocol(client)
            self.client.set_result(client)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection ended with {self._seen[-200:]!r}")

    def _fail(self, why: str) -> None:
        if not self.client.done():
            self.client.set_exception(BenchmarkError(f"a client did not get in: {why}"))


class LoadClients:
    """The clients of one server, and the frames that they wait for."""

    def __init__(self) -> None:
        self.clients: list[LoadConnection] = []
        # The time until the last of them was ready.
        self.opened_in_s = 0.0
        # Whether clients check each event, where the time for that does not matter.
        self.looks = False
        # The times at which frames arrived, if requested.
        self.moments: list[float] | None = None
        self._left = 0
        self._all: asyncio.Future[float] | None = None
        self._may_end: set[LoadConnection] = set()
        self._fault: BenchmarkError | None = None

    async def open(self, port: int, handshakes: Sequence[Handshake]) -> None:
        """Connect all clients."""
        loop = asyncio.get_running_loop()
        limit = asyncio.Semaphore(_AT_ONCE)

        async def enter(handshake: Handshake) -> LoadConnection:
            async with limit:
                _, opening = await loop.create_connection(
                    lambda: _Opening(self, handshake), "127.0.0.1", port
                )
                return await opening.client

        began = time.monotonic()
        try:
            async with asyncio.timeout(_OPEN_S):
                self.clients = list(await asyncio.gather(*map(enter, handshakes)))
        except TimeoutError:
            raise BenchmarkError(f"not everybody was in after {_OPEN_S:.0f} s") from None
        self.opened_in_s = time.monotonic() - began

    def expect(self, frames: int) -> None:
        """Begin to count down from this number of frames, over all clients."""
        self._left = frames
        self._all = asyncio.get_running_loop().create_future()

    async def everything(self, timeout_s: float) -> float:
        """Wait for what is expected. Returns the moment (CLOCK_MONOTONIC) of the last frame.

        Raises `BenchmarkError` if it does not come in time, or a client is sent away.
        """
        if self._all is None:
            raise RuntimeError("expected a call of `expect` before")
        self._raise_fault()
        try:
            async with asyncio.timeout(timeout_s):
                return await self._all
        except TimeoutError:
            raise BenchmarkError(
                f"{self._left} frames were still missing after {timeout_s:.0f} s"
            ) from None

    def got(self, frames: int) -> None:
        """Count frames that a client received."""
        self._left -= frames
        if self.moments is not None:
            self.moments.extend([time.monotonic()] * frames)
        if self._left <= 0 and self._all is not None and not self._all.done():
            self._all.set_result(time.monotonic())

    @property
    def counted(self) -> int:
        """Return the number of clients that must receive everything."""
        return len(self.clients) - len(self._may_end)

    def stop_reading(self, client: LoadConnection) -> None:
        """Make a client stop reading: it may be disconnected, and no longer counts."""
        self._may_end.add(client)
        client.transport.pause_reading()
        # The kernel would otherwise buffer some megabytes for it.
        connection: socket.socket = client.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)

    async def ended(self, client: LoadConnection) -> str:
        """Read on and return how the server ended the connection. Raises `BenchmarkError` if it did
        not.
        """
        client.transport.resume_reading()
        try:
            async with asyncio.timeout(_END_S):
                await client.gone.wait()
        except TimeoutError:
            raise BenchmarkError("a client that does not read was not sent away") from None
        return client.ended

    def lost(self, client: LoadConnection) -> None:
        """Handle a connection that ended."""
        if client not in self._may_end:
            self.fail(f"a client was sent away: {client.ended}")

    def check_counts(self, events: int) -> None:
        """Raise unless every client has received this number of events, and the right one last."""
        for client in self.clients:
            if client not in self._may_end:
                if client.received != events:
                    self.fail(f"a client got {client.received} events; {events} were published")
                client.check()
        self._raise_fault()

    async def close(self) -> None:
        """Disconnect all clients."""
        for client in self.clients:
            self._may_end.add(client)
            client.transport.abort()
        # `connection_lost` is called in the loop's next iteration.
        await asyncio.sleep(0)

    def fail(self, why: str) -> None:
        """Mark the measurement as invalid, and raise in whoever awaits it."""
        self._fault = self._fault or BenchmarkError(why)
        if self._all is not None and not self._all.done():
            self._all.set_exception(self._fault)

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault
