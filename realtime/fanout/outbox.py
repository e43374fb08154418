"""The bounded queue between the hub and one connection; the only backpressure policy.

While the connection keeps up, frames pass straight through. When it falls behind, they wait here,
and a connection that falls behind too far is closed (SLOW_CONSUMER): its client reconnects and
resumes, and no other connection has waited for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sized
from typing import Generic, Protocol, TypeVar

F = TypeVar("F", bound=Sized)
F_contra = TypeVar("F_contra", bound=Sized, contravariant=True)


class SocketWriter(Protocol[F_contra]):
    """The sending half of a connection, provided by its transport."""

    def write(self, frame: F_contra) -> bool:
        """Write one frame. Returns False if no more is accepted until `Outbox.resume` is called."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close after the frames that were written."""
        ...

    def close_now(self, code: int, reason: str) -> None:
        """Close a peer that does not read, and free its buffered data, within 2 s."""
        ...

    def ping(self) -> None:
        """Ask the peer for a sign of life, if the transport can."""
        ...


class Outbox(Generic[F]):
    """Frames that wait for their connection. Not thread-safe: for the event loop only."""

    __slots__ = (
        "_bytes",
        "_drained",
        "_frames",
        "_max_bytes",
        "_max_frames",
        "_on_overflow",
        "_open",
        "_ready",
        "_writer",
    )

    def __init__(
        self,
        writer: SocketWriter[F],
        *,
        max_frames: int,
        max_bytes: int,
        on_overflow: Callable[[], None],
    ) -> None:
        self._writer = writer
        self._frames: deque[F] = deque()
        self._bytes = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._on_overflow = on_overflow
        self._ready = True
        self._open = True
        self._drained: asyncio.Future[None] | None = None

    def send(self, frame: F) -> None:
        """Write `frame`, queue it, or overflow. Never blocks."""
        if self._ready:
            self._ready = self._writer.write(frame)
            return
        if not self._open:
            return
        if len(self._frames) >= self._max_frames or self._bytes + len(frame) > self._max_bytes:
            self.overflow()
            return
        self._frames.append(frame)
        self._bytes += len(frame)

    def resume(self) -> None:
        """Write queued frames: the transport accepts more."""
        while self._frames:
            frame = self._frames.popleft()
            self._bytes -= len(frame)
            if not self._writer.write(frame):
                return
        self._ready = self._open
        self._wake()

    def overflow(self) -> None:
        """Discard what waits, and report that the connection is too slow."""
        self.discard()
        self._on_overflow()

    def discard(self) -> None:
        """Discard what waits, and accept nothing more."""
        self._open = self._ready = False
        self._frames.clear()
        self._bytes = 0
        self._wake()

    @property
    def waiting(self) -> int:
        """The number of frames that the transport has not accepted yet."""
        return len(self._frames)

    @property
    def clear(self) -> bool:
        """Whether the next frame would be written at once."""
        return self._ready

    async def drained(self) -> bool:
        """Wait until nothing is queued. Returns False if the outbox was discarded instead."""
        while self._open and not self._ready:
            if self._drained is None or self._drained.done():
                self._drained = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drained)
        return self._open

    def _wake(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
