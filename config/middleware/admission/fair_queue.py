"""A fair queue: groups are served round robin, and within each group its lanes."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """A request that waits. `number` counts arrivals."""

    number: int
    path: Path
    rank: int
    granted: "asyncio.Future[None]" = field(repr=False)

    @property
    def lane(self) -> str:
        """Return the lane: the last part of the path."""
        return self.path[-1]


class FairQueue:
    """A tree of lanes, by the parts of the waiters' paths. Each level is served round robin."""

    def __init__(self) -> None:
        self.size = 0
        self._waiting: deque[Waiter] = deque()
        self._children: OrderedDict[str, FairQueue] = OrderedDict()

    def add(self, waiter: Waiter, depth: int = 0) -> None:
        """Append a waiter to its lane."""
        self.size += 1
        if depth == len(waiter.path):
            self._waiting.append(waiter)
            return
        self._children.setdefault(waiter.path[depth], FairQueue()).add(waiter, depth + 1)

    def pop(self, may_run: Callable[[str], bool]) -> Waiter | None:
        """Remove and return the next waiter of the lanes that `may_run`; None if there is none."""
        if self._waiting:
            if not may_run(self._waiting[0].lane):
                return None
            self.size -= 1
            return self._waiting.popleft()
        for name, child in self._children.items():
            waiter = child.pop(may_run)
            if waiter is not None:
                self.size -= 1
                del self._children[name]
                if child.size:
                    self._children[name] = child
                return waiter
        return None

    def remove(self, waiter: Waiter, depth: int = 0) -> None:
        """Remove a waiter."""
        self.size -= 1
        if depth == len(waiter.path):
            self._waiting.remove(waiter)
            return
        name = waiter.path[depth]
        self._children[name].remove(waiter, depth + 1)
        if not self._children[name].size:
            del self._children[name]

    def oldest(self, may_run: Callable[[str], bool]) -> Waiter | None:
        """Return the waiter that arrived first, of the lanes that `may_run`."""
        if self._waiting:
            return self._waiting[0] if may_run(self._waiting[0].lane) else None
        found = (child.oldest(may_run) for child in self._children.values())
        return min(
            (waiter for waiter in found if waiter is not None), key=arrival_number, default=None
        )

    def newest_of_longest(self, path: Path = ()) -> Waiter | None:
        """Return the newest waiter of the longest lane in the largest group. None if, with one more
        waiter, the lane of `path` would be that lane.
        """
        if not self._children:
            return self._waiting[-1]
        name = max(self._children, key=lambda name: self._children[name].size)
        if path:
            own = self._children.get(path[0])
            if self._children[name].size <= (own.size if own else 0) + 1:
                return own.newest_of_longest(path[1:]) if own and len(path) > 1 else None
        return self._children[name].newest_of_longest()


def arrival_number(waiter: Waiter) -> int:
    """Sort key: the number of arrival."""
    return waiter.number
