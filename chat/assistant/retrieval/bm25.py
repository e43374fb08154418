"""Scores passages by the words of a query (Robertson and Zaragoza, 2009)."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

# The usual values; others changed no measured result by 0.01.
_K1 = 1.2
_B = 0.5
# Passages have a similar size: a fixed mean keeps scores comparable between queries.
_MEAN_WORDS = 150
# Passages without any of the words, added to the count. In a library of three documents, nearly
# every word is in each of them and would otherwise have no weight.
_BACKGROUND = 500


def weight(containing: int, total: int) -> float:
    """The weight of a word that is in `containing` of `total` passages."""
    total += _BACKGROUND
    return math.log(1 + (total - containing + 0.5) / (containing + 0.5))


def score(words: Sequence[str], weights: Mapping[str, float]) -> float:
    """The BM25 score of a passage's words."""
    counts = Counter(words)
    damping = _K1 * (1 - _B + _B * len(words) / _MEAN_WORDS)
    return sum(
        worth * counts[term] * (_K1 + 1) / (counts[term] + damping)
        for term, worth in weights.items()
        if term in counts
    )


def coverage(words: Sequence[str], weights: Mapping[str, float]) -> float:
    """The share of the query's weight that is in the passage, from 0 to 1."""
    total = sum(weights.values())
    present = set(words)
    return sum(worth for term, worth in weights.items() if term in present) / total if total else 0


# Score, in weights of the rarest word, above which a match is no coincidence. One such word in a
# short passage scores 1.28, and occurred in passages that did not answer (benchmark).
_ENOUGH = 1.3


def confidence(score: float, covered: float, total: int) -> float:
    """The confidence that a passage answers, from 0 to 1; see `passages.CONFIDENT`."""
    return min(1.0, max(score / (2 * _ENOUGH * weight(1, total)), covered))
