"""Which request runs next: a number of slots, and a turn for everybody who waits.

Every synchronous view takes a thread and a database connection, and the connections are the real
limit: beyond it, more threads only wait for each other inside the pool.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from config.middleware.turns import Turn, Turns

# Every so manieth slot goes to the one that has waited for the longest, whatever its rank: nobody
# waits for ever behind those who go first.
OLDEST_EVERY = 4


class BusyError(Exception):
    """No slot became free in time, or too many wait already."""


class Admission:
    """`slots` requests run at once. Those beyond wait, each in its lane; the lanes take turns.

    A lane is a user or an address, so that one client with a thousand requests delays itself.
    Groups of lanes take turns too, where they are given. Those of a lower `rank` go first. Once
    `waiting` requests wait, the newest of the longest lane of the highest rank is refused.
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
        self._may_wait = waiting
        self._wait_s = wait_s
        self._clock = clock
        self._full_since: float | None = None
        self._ranks: dict[int, Turns] = {}
        self._waiting = 0
        self._arrivals = itertools.count()
        self._handed_on = 0

    @property
    def is_full(self) -> bool:
        """Whether the next request waits."""
        return not self._free

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
        """Take a slot, now or in turn; `leave` gives it back.

        Raises `BusyError`, also once `gone` is done: the client has left.
        """
        if self._free:
            self._take()
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

    def leave(self) -> None:
        """Hand the slot to the next in turn."""
        if not self._waiting:
            self._free += 1
            self._full_since = None
            return
        self._handed_on += 1
        if len(self._ranks) > 1 and self._handed_on % OLDEST_EVERY == 0:
            turn = min((turns.oldest() for turns in self._ranks.values()), key=_number)
            self._remove(turn)
        else:
            turn = self._ranks[min(self._ranks)].pop()
            self._removed(turn)
        turn.given.set_result(None)

    def _take(self) -> None:
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
            self.leave()

    def _remove(self, turn: Turn) -> None:
        self._ranks[turn.rank].remove(turn)
        self._removed(turn)

    def _removed(self, turn: Turn) -> None:
        self._waiting -= 1
        if not self._ranks[turn.rank].size:
            del self._ranks[turn.rank]


def _number(turn: Turn) -> int:
    return turn.number
