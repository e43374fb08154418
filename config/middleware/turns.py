"""Those who wait, and who of them is next: groups take turns, and within each its lanes."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One who waits. `number` counts arrivals."""

    number: int
    path: Path
    rank: int
    given: "asyncio.Future[None]" = field(repr=False)

    @property
    def lane(self) -> str:
        """Whose turn it is: the last part of the path."""
        return self.path[-1]


class Turns:
    """A tree of lanes, by the parts of the turns' paths. On each level the names take turns."""

    def __init__(self) -> None:
        self.size = 0
        self._waiting: deque[Turn] = deque()
        self._below: OrderedDict[str, Turns] = OrderedDict()

    def add(self, turn: Turn, depth: int = 0) -> None:
        """Let one wait at the end of its lane."""
        self.size += 1
        if depth == len(turn.path):
            self._waiting.append(turn)
            return
        self._below.setdefault(turn.path[depth], Turns()).add(turn, depth + 1)

    def pop(self, may_run: Callable[[str], bool]) -> Turn | None:
        """Take the one whose turn it is, of the lanes that `may_run`. None if none may."""
        if self._waiting:
            if not may_run(self._waiting[0].lane):
                return None
            self.size -= 1
            return self._waiting.popleft()
        for name, below in self._below.items():
            turn = below.pop(may_run)
            if turn is not None:
                self.size -= 1
                del self._below[name]
                if below.size:
                    self._below[name] = below
                return turn
        return None

    def remove(self, turn: Turn, depth: int = 0) -> None:
        """Take out one that waits."""
        self.size -= 1
        if depth == len(turn.path):
            self._waiting.remove(turn)
            return
        name = turn.path[depth]
        self._below[name].remove(turn, depth + 1)
        if not self._below[name].size:
            del self._below[name]

    def oldest(self, may_run: Callable[[str], bool]) -> Turn | None:
        """The one that has waited for the longest, of the lanes that `may_run`."""
        if self._waiting:
            return self._waiting[0] if may_run(self._waiting[0].lane) else None
        found = (below.oldest(may_run) for below in self._below.values())
        return min((turn for turn in found if turn is not None), key=by_arrival, default=None)

    def newest_of_the_longest(self, path: Path = ()) -> Turn | None:
        """The newest in the longest lane of the largest group. None if that would be `path`'s,
        were one more to wait there."""
        if not self._below:
            return self._waiting[-1]
        name = max(self._below, key=lambda name: self._below[name].size)
        if path:
            own = self._below.get(path[0])
            if self._below[name].size <= (own.size if own else 0) + 1:
                return own.newest_of_the_longest(path[1:]) if own and len(path) > 1 else None
        return self._below[name].newest_of_the_longest()


def by_arrival(turn: Turn) -> int:
    """The key that sorts turns by their arrival."""
    return turn.number
