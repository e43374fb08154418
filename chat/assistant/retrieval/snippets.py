"""Selects the part of a passage that matches a question best."""

import re

from chat.assistant.retrieval.analyser import query_terms, words
from text.graphemes import cut

# Two lines below a source's title.
SNIPPET_CHARS = 240
_WORD = re.compile(r"\S+")


def snippet(text: str, question: str) -> str:
    """At most `SNIPPET_CHARS` of `text`, on one line: the part with most words of the question."""
    text = " ".join(text.split())
    if len(text) <= SNIPPET_CHARS:
        return text
    wanted = set(query_terms(question))
    spans = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    worth = [len(wanted.intersection(words(text[start:end]))) for start, end in spans]
    first, best, best_worth = 0, (0, 0), -1
    total = 0
    for last, (_, end) in enumerate(spans):
        total += worth[last]
        # Leave room for an ellipsis at both ends.
        while first < last and end - spans[first][0] > SNIPPET_CHARS - 2:
            total -= worth[first]
            first += 1
        if total > best_worth:
            best, best_worth = (first, last), total
    start, end = _around(spans, worth, *best)
    shown = cut(text[start:end], SNIPPET_CHARS - 2)
    return f"{'…' if start else ''}{shown}{'…' if start + len(shown) < len(text) else ''}"


def _around(
    spans: list[tuple[int, int]], worth: list[int], first: int, last: int
) -> tuple[int, int]:
    """Trim a window to its matching words, then widen it on both sides while there is room."""
    while first < last and not worth[first]:
        first += 1
    while last > first and not worth[last]:
        last -= 1
    room = SNIPPET_CHARS - 2
    widened = True
    while widened:
        widened = False
        if last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= room:
            last, widened = last + 1, True
        if first > 0 and spans[last][1] - spans[first - 1][0] <= room:
            first, widened = first - 1, True
    return spans[first][0], spans[last][1]
