"""Buffered responses: a slow client holds memory, but no request slot."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from asgiref.typing import ASGISendCallable

# A response up to this size is buffered; a larger one is streamed from within the slot. Our
# largest, 200 messages of 4,000 characters, is smaller.
BUFFERED_BYTES = 4 * 1024 * 1024
# The transport's own buffer takes this much at once, so it is not counted.
UNCOUNTED_BYTES = 64 * 1024


class ResponseBudget:
    """Limits the bytes of all buffered responses. When they are used up, the connection that has
    been receiving its response for the longest is aborted.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._used = 0
        self._waiting: OrderedDict[BufferedResponse, None] = OrderedDict()

    def reserve(self, size: int) -> bool:
        """Reserve `size` bytes, aborting the slowest clients if necessary. False if there is no
        room.
        """
        while self._used + size > self._total and self._waiting:
            slowest, _ = self._waiting.popitem(last=False)
            slowest.abort()
        if self._used + size > self._total:
            return False
        self._used += size
        return True

    def release(self, size: int) -> None:
        """Release bytes that `reserve` has reserved."""
        self._used -= size

    def add_waiting(self, response: "BufferedResponse") -> None:
        """Register a response that only waits for its client; from now on it may be aborted."""
        self._waiting[response] = None

    def remove_waiting(self, response: "BufferedResponse") -> None:
        """Unregister a response."""
        self._waiting.pop(response, None)


class BufferedResponse:
    """One response. `abort` ends its connection; None where the server cannot do that."""

    def __init__(
        self, send: ASGISendCallable, budget: ResponseBudget, abort: Callable[[], None] | None
    ) -> None:
        self._send = send
        self._budget = budget
        self._abort = abort
        self._messages: list[Any] = []
        self._size = 0
        self._counted = 0
        self._is_streaming = False

    async def buffer(self, message: Any) -> None:
        """Buffer a message of the response; this is the application's `send`."""
        if not self._is_streaming:
            self._is_streaming = not self._has_room(len(message.get("body", b"")))
            if not self._is_streaming:
                self._messages.append(message)
                return
            await self._flush()
        await self._send(message)

    async def send(self) -> None:
        """Send the buffered messages, after the slot was released."""
        if not self._messages:
            return
        if self._counted and self._abort is not None:
            self._budget.add_waiting(self)
        await self._flush()

    def abort(self) -> None:
        """Abort the connection and drop the buffer."""
        self._messages.clear()
        if self._abort is not None:
            self._abort()
        self._release()

    def close(self) -> None:
        """Drop the buffer, however the request ended."""
        self._messages.clear()
        self._budget.remove_waiting(self)
        self._release()

    def _has_room(self, size: int) -> bool:
        self._size += size
        more = max(0, self._size - UNCOUNTED_BYTES) - self._counted
        if self._size > BUFFERED_BYTES or (more and not self._budget.reserve(more)):
            return False
        self._counted += more
        return True

    async def _flush(self) -> None:
        self._messages.reverse()
        while self._messages:
            await self._send(self._messages.pop())

    def _release(self) -> None:
        self._budget.release(self._counted)
        self._counted = 0
