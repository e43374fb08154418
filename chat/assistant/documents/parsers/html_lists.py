"""Numbers the items of HTML lists as browsers show them (HTML Standard, 4.4.5 and 4.4.8).

A text may refer to "step 7" or "clause c", so that the numbers are part of it. Numbers by style
sheets are not known here.
"""

import re
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborNode

# Beyond this depth items are indented no further, as each level makes every item longer.
MAX_INDENT: Final = 10
# The start of an attribute is an integer; what follows is ignored. Longer numbers are nobody's.
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,9}(?![0-9])")
_WHITESPACE: Final = " \t\n\f\r"
_ROMAN: Final = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)


@dataclass(slots=True)
class _List:
    """An open list. `number` is that of its next item; None for bullets."""

    number: int | None
    step: int = 1
    style: str = "1"


class Lists:
    """The open lists, the innermost last."""

    def __init__(self) -> None:
        self._open: list[_List] = []

    def enter(self, tag: str, node: LexborNode) -> None:
        """Enter a list element."""
        if tag != "ol":
            self._open.append(_List(None))
            return
        start = _integer(node, "start")
        style = node.attributes.get("type") or "1"
        if "reversed" in node.attributes:
            first = _items_of(node) if start is None else start
            self._open.append(_List(first, -1, style))
        else:
            self._open.append(_List(1 if start is None else start, 1, style))

    def leave(self) -> None:
        """Leave the innermost list."""
        if self._open:
            self._open.pop()

    def marker(self, item: LexborNode) -> str:
        """Return the indent and the bullet or number of an item, and count on."""
        indent = "  " * (min(len(self._open), MAX_INDENT) - 1)
        of = self._open[-1] if self._open else _List(None)
        if of.number is None:
            return f"{indent}- "
        number = _integer(item, "value")
        if number is None:
            number = of.number
        of.number = number + of.step
        style = item.attributes.get("type") or of.style
        return f"{indent}{_shown(number, style)}. "


def _integer(node: LexborNode, attribute: str) -> int | None:
    text = node.attributes.get(attribute) or ""
    found = _INTEGER.match(text.lstrip(_WHITESPACE))
    return int(found[0]) if found else None


def _items_of(node: LexborNode) -> int:
    count = 0
    child = node.first_child
    while child is not None:
        count += child.tag == "li"
        child = child.next
    return count


def _shown(number: int, style: str) -> str:
    # Numbers outside a style's range are decimal (CSS Counter Styles, 6.1 and 6.2).
    if style in ("a", "A") and number > 0:
        letters = _letters(number)
    elif style in ("i", "I") and 0 < number < 4_000:
        letters = _roman(number)
    else:
        return str(number)
    return letters.upper() if style.isupper() else letters


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("a") + digit) + letters
    return letters


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        text += letters * count
    return text
