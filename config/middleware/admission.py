"""Which request runs next: a number of slots, and a turn for everybody who waits.

Every synchronous view takes a thread and a database connection, and the connections are the real
limit: beyond it, more threads only wait for each other inside the pool.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from config.middleware.turns import Turn, Turns, by_arrival

# Every so manieth slot goes to the one that has waited for the longest, whatever its rank: nobody
# waits for ever behind those who go first.
OLDEST_EVERY = 4


class BusyError(Exception):
    """No slot became free in time, or too many wait already."""


class Admission:
    """`slots` requests run at once. Those beyond wait, each in its lane; the lanes take turns.

    A lane is a user or an address, so that one client with a thousand requests delays itself.
    `per_lane` requests of one lane run at once: those that run share the processor, and a request
    beside a client that has all other slots would take as many times as long. Groups of lanes take
    turns too, where they are given. Those of a lower `rank` go first. Once `waiting` requests wait,
    the newest of the longest lane of the highest rank is refused.
    """

    def __init__(
        self,
        slots: int,
        *,
        waiting: int,
        wait_s: float,
        per_lane: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = slots
        self._may_wait = waiting
        self._wait_s = wait_s
        self._per_lane = slots if per_lane is None else per_lane
        self._running: Counter[str] = Counter()
        self._clock = clock
        self._full_since: float | None = None
        self._ranks: dict[int, Turns] = {}
        self._waiting = 0
        self._arrivals = itertools.count()
        self._handed_on = 0

    @property
    def is_full(self) -> bool:
        """Whether no slot is free."""
        return not self._free

    def must_wait(self, lane: str) -> bool:
        """Whether the next request of this lane waits."""
        return self.is_full or not self._may_run(lane)

    def full_for_s(self) -> float:
        """How long no slot has been free; 0 while one is."""
        return 0.0 if self._full_since is None else self._clock() - self._full_since

    async def enter(
        self,
        lane: str,
        gone: "asyncio.Future[Any] | None" = None,
        *,
        group: str = "",
        rank: int = 0,
    ) -> None:
        """Take a slot, now or in turn; `leave` of the same lane gives it back.

        Raises `BusyError`, also once `gone` is done: the client has left.
        """
        if not self.must_wait(lane):
            self._take(lane)
            return
        turn = self._queue((group or lane, lane), rank)
        waits = [turn.given] if gone is None else [turn.given, gone]
        try:
            await asyncio.wait(waits, timeout=self._wait_s, return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            self._give_up(turn)
            raise
        if turn.given.done():
            turn.given.result()
            return
        self._give_up(turn)
        raise BusyError

    def leave(self, lane: str) -> None:
        """Hand the slot to the next in turn."""
        self._running[lane] -= 1
        if not self._running[lane]:
            del self._running[lane]
        turn = self._next()
        if turn is None:
            self._free += 1
            self._full_since = None
            return
        self._removed(turn)
        self._running[turn.lane] += 1
        turn.given.set_result(None)

    def _next(self) -> Turn | None:
        """Take out who runs next; None if nobody waits, or only lanes that have enough."""
        if not self._waiting:
            return None
        self._handed_on += 1
        if len(self._ranks) > 1 and self._handed_on % OLDEST_EVERY == 0:
            found = (turns.oldest(self._may_run) for turns in self._ranks.values())
            oldest = min((turn for turn in found if turn is not None), key=by_arrival, default=None)
            if oldest is not None:
                self._ranks[oldest.rank].remove(oldest)
            return oldest
        for rank in sorted(self._ranks):
            turn = self._ranks[rank].pop(self._may_run)
            if turn is not None:
                return turn
        return None

    def _may_run(self, lane: str) -> bool:
        return self._running[lane] < self._per_lane

    def _take(self, lane: str) -> None:
        self._running[lane] += 1
        self._free -= 1
        if not self._free:
            self._full_since = self._clock()

    def _queue(self, path: tuple[str, str], rank: int) -> Turn:
        if self._waiting >= self._may_wait:
            self._refuse_one(path, rank)
        given = asyncio.get_running_loop().create_future()
        turn = Turn(next(self._arrivals), path, rank, given)
        self._ranks.setdefault(rank, Turns()).add(turn)
        self._waiting += 1
        return turn

    def _refuse_one(self, path: tuple[str, str], rank: int) -> None:
        """Make room for one that comes. Raises `BusyError` if that is the one to be refused."""
        last = max(self._ranks, default=rank)
        refused = None
        if last > rank:
            refused = self._ranks[last].newest_of_the_longest()
        elif last == rank and last in self._ranks:
            refused = self._ranks[last].newest_of_the_longest(path)
        if refused is None:
            raise BusyError
        self._remove(refused)
        refused.given.set_exception(BusyError())

    def _give_up(self, turn: Turn) -> None:
        """Forget a turn that nobody waits for, or pass on the slot that it has been given."""
        if not turn.given.done():
            self._remove(turn)
        elif turn.given.exception() is None:
            self.leave(turn.lane)

    def _remove(self, turn: Turn) -> None:
        self._ranks[turn.rank].remove(turn)
        self._removed(turn)

    def _removed(self, turn: Turn) -> None:
        self._waiting -= 1
        if not self._ranks[turn.rank].size:
            del self._ranks[turn.rank]
