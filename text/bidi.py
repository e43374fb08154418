"""Names inside sentences: a name keeps its own direction, and the sentence keeps its own (UAX #9).

A name with a right-to-left letter or a directional control would reorder what stands around it.
"""

import re
import unicodedata
from typing import Final

_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_ISOLATE: Final = "\u2069"
# Embeddings, overrides and isolates. In a value they may be opened and never closed, or close what
# they have not opened: without them the letters still say their own direction.
_CONTROLS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_REORDERING: Final = frozenset({"R", "AL", "AN"})
_MARKS: Final = frozenset("\u200f\u061c")


def without_controls(value: str) -> str:
    """The value without directional embeddings, overrides and isolates."""
    return _CONTROLS.sub("", value)


def isolate(value: str) -> str:
    """A value for the inside of a left-to-right sentence, in an isolate if it needs one.

    A value of left-to-right letters stays as it is: it cannot change the order of anything.
    """
    if value.isascii():
        return value
    plain = without_controls(value)
    if plain != value or any(map(_is_reordering, plain)):
        return f"{_FIRST_STRONG_ISOLATE}{plain}{_POP_ISOLATE}"
    return value


def _is_reordering(char: str) -> bool:
    return char in _MARKS or unicodedata.bidirectional(char) in _REORDERING
