"""Cutting texts where a reader sees two characters (UAX #29), never inside one.

A family of emoji, a flag, a Hangul syllable of jamo, a Devanagari conjunct, a letter with marks:
each is one character to whoever reads it.
"""

from collections.abc import Iterator
from typing import Final

import regex

# Flags are paired by the first branch: `\X` counts a run of them back from every one, in quadratic
# time. Held to linear time by tests/text/test_graphemes.py.
_GRAPHEME: Final = regex.compile(r"[\U0001F1E6-\U0001F1FF]{2}[\p{M}\u200d]*+|\X")
_ELLIPSIS: Final = "…"


def graphemes(text: str) -> Iterator[str]:
    """The characters that a reader sees, in order."""
    return (match.group() for match in _GRAPHEME.finditer(text))


def cut(text: str, most: int) -> str:
    """The beginning of `text`: at most `most` code points, and whole graphemes.

    A single grapheme that is longer than that is cut all the same: nothing else would be left.
    """
    if len(text) <= most:
        return text
    # Whether there is a boundary in front of a code point depends on it and on what is before it.
    end = 0
    for match in _GRAPHEME.finditer(text, 0, most + 1):
        if match.end() > most:
            break
        end = match.end()
    return text[: end or most]


def shorten(text: str, most: int) -> str:
    """`text`, or its beginning and an ellipsis, in at most `most` code points."""
    return text if len(text) <= most else cut(text, most - len(_ELLIPSIS)).rstrip() + _ELLIPSIS
