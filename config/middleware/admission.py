"""Which request runs next: a number of slots, and a turn for everybody who waits.

Every synchronous view takes a thread and a database connection, and the connections are the real
limit: beyond it, more threads only wait for each other inside the pool.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any


class BusyError(Exception):
    """No slot became free in time, or too many wait already."""


class Admission:
    """`slots` requests run at once. Those beyond wait, each in its lane; the lanes take turns.

    A lane is a user or an address, so that one client with a thousand requests delays itself. Once
    `waiting` requests wait, the newest of the longest lane is refused.
    """

    def __init__(
        self,
        slots: int,
        *,
        waiting: int,
        wait_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = slots
        self._waiting = waiting
        self._wait_s = wait_s
        self._clock = clock
        self._full_since: float | None = None
        self._lanes: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._queued = 0

    @property
    def is_full(self) -> bool:
        """Whether the next request waits."""
        return not self._free

    def full_for_s(self) -> float:
        """How long no slot has been free; 0 while one is."""
        return 0.0 if self._full_since is None else self._clock() - self._full_since

    async def enter(self, lane: str, gone: "asyncio.Future[Any] | None" = None) -> None:
        """Take a slot, now or in turn; `leave` gives it back.

        Raises `BusyError`, also once `gone` is done: the client has left.
        """
        if self._free:
            self._take()
            return
        turn = self._queue(lane)
        waits = [turn] if gone is None else [turn, gone]
        try:
            await asyncio.wait(waits, timeout=self._wait_s, return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            self._give_up(lane, turn)
            raise
        if turn.done():
            turn.result()
            return
        self._give_up(lane, turn)
        raise BusyError

    def leave(self) -> None:
        """Hand the slot to the next in turn."""
        if self._lanes:
            lane, turns = self._lanes.popitem(last=False)
            turn = turns.popleft()
            self._queued -= 1
            if turns:
                self._lanes[lane] = turns
            turn.set_result(None)
            return
        self._free += 1
        self._full_since = None

    def _take(self) -> None:
        self._free -= 1
        if not self._free:
            self._full_since = self._clock()

    def _queue(self, lane: str) -> "asyncio.Future[None]":
        if self._queued >= self._waiting:
            self._refuse_one(lane)
        turn = asyncio.get_running_loop().create_future()
        self._lanes.setdefault(lane, deque()).append(turn)
        self._queued += 1
        return turn

    def _refuse_one(self, lane: str) -> None:
        """Make room for one of `lane`. Raises `BusyError` if that is the longest itself."""
        longest = max(self._lanes, key=lambda name: len(self._lanes[name]))
        if len(self._lanes[longest]) <= len(self._lanes.get(lane, ())) + 1:
            raise BusyError
        turn = self._lanes[longest].pop()
        self._queued -= 1
        turn.set_exception(BusyError())

    def _give_up(self, lane: str, turn: "asyncio.Future[None]") -> None:
        """Forget a turn that nobody waits for, or pass on the slot that it has been given."""
        if turn.done():
            if turn.exception() is None:
                self.leave()
            return
        turns = self._lanes[lane]
        turns.remove(turn)
        self._queued -= 1
        if not turns:
            del self._lanes[lane]
