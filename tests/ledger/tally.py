"""Compares what a reader received with what the log holds. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Self

# A text and when it was received (monotonic).
Receipt = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Tally:
    """`committed` are events, the other numbers are of deliveries to readers.

    `doubled` also counts what no commit stands behind.
    """

    committed: int = 0
    delivered: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    longest_s: float = 0.0

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.out_of_order)

    def __add__(self, other: Self) -> Self:
        names = [field.name for field in fields(self) if field.name != "longest_s"]
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return type(self)(**sums, longest_s=max(self.longest_s, other.longest_s))


def deliveries(
    committed: Sequence[str], received: Sequence[Receipt], answered: Mapping[str, float]
) -> Tally:
    """Return one reader's tally: `committed` in the log's order, `answered` when each was sent.

    A delay is the time from the answer that an event was sent to its receipt. `committed` is left
    0: several readers receive the same events.
    """
    place = {text: number for number, text in enumerate(committed)}
    times = Counter(text for text, _ in received)
    highest, out_of_order, longest_s = -1, 0, 0.0
    seen: set[str] = set()
    for text, at in received:
        if text in seen or text not in place:
            continue
        seen.add(text)
        out_of_order += place[text] < highest
        highest = max(highest, place[text])
        longest_s = max(longest_s, at - answered.get(text, at))
    return Tally(
        delivered=len(received),
        lost=len(place) - len(seen),
        doubled=sum(count - (text in place) for text, count in times.items()),
        out_of_order=out_of_order,
        longest_s=longest_s,
    )
