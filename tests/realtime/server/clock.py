"""Time that passes when a test says so."""

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any


class ScheduledCall:
    """One callback that is due at a time."""

    def __init__(self, callback: Callable[[], Any]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """`call_later` and `time` of an event loop."""

    def __init__(self) -> None:
        self.now = 0.0
        self._order = count()
        self._due: list[tuple[float, int, ScheduledCall]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], Any], /) -> ScheduledCall:
        call = ScheduledCall(callback)
        heapq.heappush(self._due, (self.now + delay, next(self._order), call))
        return call

    def advance(self, seconds: float) -> None:
        """Let so much time pass, and run what becomes due meanwhile."""
        end = self.now + seconds
        while self._due and self._due[0][0] <= end:
            self.now, _, call = heapq.heappop(self._due)
            if not call.cancelled:
                call.callback()
        self.now = end

    @property
    def pending(self) -> int:
        """Callbacks that still wait."""
        return sum(not call.cancelled for _, _, call in self._due)
