"""Bidirectional isolation of names inside sentences (UAX #9).

A name with a right-to-left letter or a directional control would reorder the text around it.
"""

import re
import unicodedata
from typing import Final

_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_ISOLATE: Final = "\u2069"
# Embeddings, overrides and isolates. A value may open one without closing it, or close one that it
# has not opened; without them the letters still have their own direction.
_CONTROLS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_REORDERING: Final = frozenset({"R", "AL", "AN"})
_MARKS: Final = frozenset("\u200f\u061c")


def without_controls(value: str) -> str:
    """Return the value without directional embeddings, overrides and isolates."""
    return _CONTROLS.sub("", value)


def isolate(value: str) -> str:
    """Prepare a value for the inside of a left-to-right sentence, isolating it if necessary.

    A value of left-to-right letters is returned unchanged: it cannot reorder anything.
    """
    if value.isascii():
        return value
    plain = without_controls(value)
    if plain != value or any(map(_is_reordering, plain)):
        return f"{_FIRST_STRONG_ISOLATE}{plain}{_POP_ISOLATE}"
    return value


def _is_reordering(char: str) -> bool:
    return char in _MARKS or unicodedata.bidirectional(char) in _REORDERING
