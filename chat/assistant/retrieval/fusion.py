"""Several rankings as one (Cormack, Clarke, Büttcher: Reciprocal Rank Fusion, 2009)."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

# How much the first places stand out. The paper's 60 is for lists of a thousand; with lists of
# fifty, of which one knows better than the other, 10 found more (decision 0006).
K = 10


def fuse(rankings: Iterable[tuple[float, Sequence[T]]]) -> list[tuple[T, float]]:
    """The items of rankings, each with its weight, best first with what they are worth together."""
    worth: dict[T, float] = {}
    for weight, ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            worth[item] = worth.get(item, 0.0) + weight / (K + rank)
    # The sort is stable: of two that are worth the same, the one that was ranked earlier.
    return sorted(worth.items(), key=lambda entry: -entry[1])
