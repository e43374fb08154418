"""A queue in which nobody waits longer because somebody else comes often."""

import asyncio
from collections import OrderedDict, deque


class QueueFullError(Exception):
    """So many wait already that one more would wait in vain."""


class FairQueue:
    """At most `at_once` hold a turn; the others wait by their key, and the keys take turns.

    A client that opens a hundred requests waits behind itself: another's first request comes after
    at most one of each key that waits. One event loop's only.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._free = at_once
        self._may_wait = waiting
        self._waiting = 0
        self._waiters: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    async def acquire(self, key: str) -> None:
        """Wait for a turn, which `release` gives back. Raises `QueueFullError`."""
        if self._free > 0:
            self._free -= 1
            return
        if self._waiting >= self._may_wait:
            raise QueueFullError
        turn = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(key, deque()).append(turn)
        self._waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The turn came in the same moment: it is the next one's.
                self.release()
            raise
        finally:
            self._waiting -= 1

    def release(self) -> None:
        """Hand a turn on to the next key that waits."""
        while self._waiters:
            key, turns = self._waiters.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiters[key] = turns
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
