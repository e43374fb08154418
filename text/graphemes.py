"""Cuts texts between graphemes (user-perceived characters, UAX #29), never inside one.

A family of emoji, a flag, a Hangul syllable of jamo, a Devanagari conjunct and a letter with marks
are one grapheme each.
"""

from collections.abc import Iterator
from typing import Final

import regex

# The first branch pairs flags: for a run of them `\X` counts back from each one, in quadratic time.
# tests/text/test_graphemes.py checks that it stays linear.
_GRAPHEME: Final = regex.compile(r"[\U0001F1E6-\U0001F1FF]{2}[\p{M}\u200d]*+|\X")
_ELLIPSIS: Final = "…"


def graphemes(text: str) -> Iterator[str]:
    """Iterate over the graphemes of a text."""
    return (match.group() for match in _GRAPHEME.finditer(text))


def cut(text: str, most: int) -> str:
    """Return the beginning of `text`: at most `most` code points, in whole graphemes.

    A first grapheme that is longer than `most` is cut, as nothing else would be left.
    """
    if len(text) <= most:
        return text
    # A boundary before a code point depends on that code point and the preceding ones.
    end = 0
    for match in _GRAPHEME.finditer(text, 0, most + 1):
        if match.end() > most:
            break
        end = match.end()
    return text[: end or most]


def shorten(text: str, most: int) -> str:
    """Return `text`, or its beginning and an ellipsis, in at most `most` code points."""
    return text if len(text) <= most else cut(text, most - len(_ELLIPSIS)).rstrip() + _ELLIPSIS
