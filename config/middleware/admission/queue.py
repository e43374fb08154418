"""Admission control: a number of request slots, shared fairly by the clients that wait.

Every synchronous view takes a thread and a database connection, and the connections are the real
limit: beyond it, more threads only wait for each other inside the pool.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from config.middleware.admission.fair_queue import FairQueue, Waiter, arrival_number

# Every fourth free slot goes to the request that has waited longest, whatever its rank, so that a
# steady stream of low ranks cannot starve the others.
OLDEST_EVERY = 4


class BusyError(Exception):
    """No slot became free in time, or too many requests wait already."""


class Admission:
    """Runs `slots` requests at once; the others wait in lanes that are served round robin.

    A lane is a user or an address, so a client with a thousand requests delays only itself. At most
    `per_lane` requests of one lane run at once: running requests share the processor, and one
    client in all slots would slow every other request down in proportion. Lanes may be grouped;
    then the groups are served round robin too. A lower `rank` is served first. Once `waiting`
    requests wait, the newest request in the longest lane of the highest rank is refused.
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
        self._max_waiting = waiting
        self._wait_s = wait_s
        self._per_lane = slots if per_lane is None else per_lane
        self._running: Counter[str] = Counter()
        self._clock = clock
        self._full_since: float | None = None
        self._ranks: dict[int, FairQueue] = {}
        self._waiting = 0
        self._arrivals = itertools.count()
        self._slots_passed_on = 0

    @property
    def is_full(self) -> bool:
        """Whether no slot is free."""
        return not self._free

    def must_wait(self, lane: str) -> bool:
        """Whether the next request of this lane would have to wait."""
        return self.is_full or not self._may_run(lane)

    def full_for_s(self) -> float:
        """Return the seconds since a slot was last free; 0 while one is."""
        return 0.0 if self._full_since is None else self._clock() - self._full_since

    async def enter(
        self,
        lane: str,
        disconnected: "asyncio.Future[Any] | None" = None,
        *,
        group: str = "",
        rank: int = 0,
    ) -> None:
        """Acquire a slot, waiting for it if necessary; `leave` of the same lane releases it.

        Raises `BusyError` after `wait_s`, or once `disconnected` is done: the client has
        disconnected.
        """
        if not self.must_wait(lane):
            self._occupy(lane)
            return
        waiter = self._enqueue((group or lane, lane), rank)
        futures = [waiter.granted] if disconnected is None else [waiter.granted, disconnected]
        try:
            await asyncio.wait(futures, timeout=self._wait_s, return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            self._withdraw(waiter)
            raise
        if waiter.granted.done():
            waiter.granted.result()
            return
        self._withdraw(waiter)
        raise BusyError

    def leave(self, lane: str) -> None:
        """Release a slot to the next request that waits."""
        self._running[lane] -= 1
        if not self._running[lane]:
            del self._running[lane]
        waiter = self._next()
        if waiter is None:
            self._free += 1
            self._full_since = None
            return
        self._count_removed(waiter)
        self._running[waiter.lane] += 1
        waiter.granted.set_result(None)

    def _next(self) -> Waiter | None:
        """Remove the request that runs next; None if none waits, or if all lanes run `per_lane`
        already.
        """
        if not self._waiting:
            return None
        self._slots_passed_on += 1
        if len(self._ranks) > 1 and self._slots_passed_on % OLDEST_EVERY == 0:
            found = (queue.oldest(self._may_run) for queue in self._ranks.values())
            oldest = min(
                (waiter for waiter in found if waiter is not None), key=arrival_number, default=None
            )
            if oldest is not None:
                self._ranks[oldest.rank].remove(oldest)
            return oldest
        for rank in sorted(self._ranks):
            waiter = self._ranks[rank].pop(self._may_run)
            if waiter is not None:
                return waiter
        return None

    def _may_run(self, lane: str) -> bool:
        return self._running[lane] < self._per_lane

    def _occupy(self, lane: str) -> None:
        self._running[lane] += 1
        self._free -= 1
        if not self._free:
            self._full_since = self._clock()

    def _enqueue(self, path: tuple[str, str], rank: int) -> Waiter:
        if self._waiting >= self._max_waiting:
            self._refuse_one(path, rank)
        granted = asyncio.get_running_loop().create_future()
        waiter = Waiter(next(self._arrivals), path, rank, granted)
        self._ranks.setdefault(rank, FairQueue()).add(waiter)
        self._waiting += 1
        return waiter

    def _refuse_one(self, path: tuple[str, str], rank: int) -> None:
        """Refuse the least entitled request; raises `BusyError` if that is the arriving one."""
        last = max(self._ranks, default=rank)
        refused = None
        if last > rank:
            refused = self._ranks[last].newest_of_longest()
        elif last == rank and last in self._ranks:
            refused = self._ranks[last].newest_of_longest(path)
        if refused is None:
            raise BusyError
        self._remove(refused)
        refused.granted.set_exception(BusyError())

    def _withdraw(self, waiter: Waiter) -> None:
        """Remove a request that no longer waits, or pass its slot on if it has just been granted
        one.
        """
        if not waiter.granted.done():
            self._remove(waiter)
        elif waiter.granted.exception() is None:
            self.leave(waiter.lane)

    def _remove(self, waiter: Waiter) -> None:
        self._ranks[waiter.rank].remove(waiter)
        self._count_removed(waiter)

    def _count_removed(self, waiter: Waiter) -> None:
        self._waiting -= 1
        if not self._ranks[waiter.rank].size:
            del self._ranks[waiter.rank]
