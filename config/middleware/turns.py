"""Those who wait, and who of them is next: groups take turns, and within each its lanes."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One who waits. `number` counts arrivals."""

    number: int
    path: Path
    rank: int
    given: "asyncio.Future[None]" = field(repr=False)


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

    def pop(self) -> Turn:
        """Take the one whose turn it is. There must be one."""
        self.size -= 1
        if not self._below:
            return self._waiting.popleft()
        name, below = self._below.popitem(last=False)
        turn = below.pop()
        if below.size:
            self._below[name] = below
        return turn

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

    def oldest(self) -> Turn:
        """The one that has waited for the longest. There must be one."""
        if not self._below:
            return self._waiting[0]
        return min((below.oldest() for below in self._below.values()), key=_number)

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


def _number(turn: Turn) -> int:
    return turn.number
