"""Merges rankings (Cormack, Clarke, Büttcher: Reciprocal Rank Fusion, 2009)."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

# Smaller values favour the first ranks more. The paper's 60 is for lists of a thousand; with two
# lists of fifty, of unequal quality, 10 found more (decision 0006).
K = 10


def fuse(rankings: Iterable[tuple[float, Sequence[T]]]) -> list[tuple[T, float]]:
    """Merge weighted rankings; return items with their scores, best first."""
    scores: dict[T, float] = {}
    for weight, ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + weight / (K + rank)
    # The sort is stable: of equal scores, the item that was ranked earlier comes first.
    return sorted(scores.items(), key=lambda entry: -entry[1])
