"""Clients that come back when they are sent away, and when each of them did."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from benchmarks.machine import BenchmarkError
from benchmarks.websocket_frames import pong, upgrade

_AT_ONCE = 50
_OPEN_S = 60.0
_CLOSE, _PING = 0x88, 0x89
# Seconds before the client library comes back to a draining deployment: `soonMs` of
# frontend/src/realtime/backoff.ts.
SOON_S = (0.2, 2.0)
# Before it tries again where it was refused: `backoffMs`, the first step.
RETRY_S = (1.5, 2.0)


@dataclass(slots=True)
class Returns:
    """What happened since the drain began. Times are monotonic."""

    told: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    # What those were answered that did not get in, or how their connection ended.
    refusals: list[str] = field(default_factory=list)

    @property
    def peak_per_s(self) -> int:
        """The most connections that were opened within any one second."""
        return most_within(1.0, self.opened)


def most_within(seconds: float, times: Sequence[float]) -> int:
    """Return the largest number of moments in any window of that length."""
    ordered = sorted(times)
    most = first = 0
    for last, at in enumerate(ordered):
        while at - ordered[first] > seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


class _Client(asyncio.Protocol):
    """One connection, from its handshake to its close frame."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._seen = b""
        self._is_open = False
        loop = asyncio.get_running_loop()
        # True once it is greeted, with the reason if it is not.
        self.greeted: asyncio.Future[str] = loop.create_future()
        # The close code; 1006 for none.
        self.ended: asyncio.Future[int] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if not self._is_open:
            head, found, rest = self._seen.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                self._refuse(head[:100].decode(errors="replace").partition("\r")[0])
                return
            self._is_open, self._seen = True, rest
        while (size := self._frame_size()) and len(self._seen) >= size:
            frame, self._seen = self._seen[:size], self._seen[size:]
            self._take(frame)

    def _frame_size(self) -> int:
        """The bytes of the next frame, 0 if that is not known yet."""
        if len(self._seen) < 4:
            return 2 + self._seen[1] if len(self._seen) >= 2 and self._seen[1] < 126 else 0
        length = self._seen[1]
        return 2 + length if length < 126 else 4 + int.from_bytes(self._seen[2:4], "big")

    def _take(self, frame: bytes) -> None:
        if frame[0] == _CLOSE:
            code = int.from_bytes(frame[2:4], "big")
            self._refuse(f"closed with {code}")
            # The closing handshake, without a mask that changes anything.
            self.transport.write(bytes((_CLOSE, 0x82, 0, 0, 0, 0)) + frame[2:4])
            self._end(code)
        elif frame[0] == _PING:
            self.transport.write(pong(frame[2:]))
        elif b'"type":"connected"' in frame and not self.greeted.done():
            self.greeted.set_result("")

    def connection_lost(self, exc: Exception | None) -> None:
        self._refuse(f"cut: {exc}")
        self._end(1006)

    def _refuse(self, why: str) -> None:
        if not self.greeted.done():
            self.greeted.set_result(why)

    def _end(self, code: int) -> None:
        if not self.ended.done():
            self.ended.set_result(code)


class ReturningClients:
    """One client for each token; from `watch` on each comes back to `port` whenever it must."""

    def __init__(self, tokens: Sequence[str], *, path: str = "/api/v1/notifications/ws") -> None:
        self._requests = [upgrade(path, {"Authorization": f"Bearer {one}"}) for one in tokens]
        self._connected: dict[int, _Client] = {}
        self._lives: list[asyncio.Task[None]] = []
        self.returns = Returns()

    async def open(self, port: int) -> None:
        """Connect all. Raises `BenchmarkError` if one is refused."""
        limit = asyncio.Semaphore(_AT_ONCE)

        async def enter(number: int) -> None:
            async with limit:
                if why := await self._connect(number, port):
                    raise BenchmarkError(f"a client did not get in: {why}")

        async with asyncio.timeout(_OPEN_S):
            await asyncio.gather(*(enter(number) for number in range(len(self._requests))))

    def watch(self, port: int, *, wait_s: tuple[float, float] = SOON_S) -> None:
        """From now on a client that is sent away comes back to `port` after some of `wait_s`."""
        self._lives = [
            asyncio.create_task(self._follow(number, port, wait_s)) for number in self._connected
        ]

    async def until_back(self, count: int, *, timeout_s: float) -> bool:
        """Wait until so many have come back. Returns False if they have not in time."""
        deadline = time.monotonic() + timeout_s
        while len(self.returns.opened) < count:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    async def close(self) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        for client in self._connected.values():
            client.transport.abort()
        await asyncio.sleep(0)

    async def _connect(self, number: int, port: int) -> str:
        """Returns why not, or "" once the client is greeted."""
        loop = asyncio.get_running_loop()
        try:
            _, client = await loop.create_connection(
                lambda: _Client(self._requests[number]), "127.0.0.1", port
            )
        except OSError as error:
            return str(error)
        self._connected[number] = client
        return await client.greeted

    async def _follow(self, number: int, port: int, wait_s: tuple[float, float]) -> None:
        while True:
            code = await self._connected[number].ended
            self.returns.told.append(time.monotonic())
            if code != 1012:
                self.returns.refusals.append(f"closed with {code}")
            pause = wait_s
            while True:
                await asyncio.sleep(random.uniform(*pause))
                why = await self._connect(number, port)
                if not why:
                    self.returns.opened.append(time.monotonic())
                    break
                self.returns.refusals.append(why)
                pause = RETRY_S
