"""Whether a text shows anything: the rule for all text that people write for others.

White space, control and format characters, variation selectors, tags, fillers and blanks are
invisible, as are private and unassigned code points, which have no glyph. All others are visible:
letters, digits, punctuation, symbols, emoji, and marks, which are drawn on a dotted circle.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final


def _ranges(*parts: tuple[int, int]) -> str:
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in parts)


# Unicode's Default_Ignorable_Code_Point. Its reserved ranges count before they are assigned.
_IGNORABLE: Final = _ranges(
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
# Symbols and letters with an empty glyph: the braille blank, the object replacement character, the
# null notehead, and the blanks of Egyptian and Khitan script.
_BLANK: Final = _ranges(
    (0x2800, 0x2800),
    (0xFFFC, 0xFFFC),
    (0x16FE4, 0x16FE4),
    (0x1D159, 0x1D159),
    (0x13441, 0x13446),
)
# Format characters that have a glyph nevertheless.
_DRAWN_FORMATS: Final = frozenset(
    [*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD]
)
# Blocks where emoji and ideographs are added: browsers draw those that this Python does not know.
_GROWING: Final = re.compile("[\U0001f000-\U0001faff\U0001fc00-\U0001fffd\U00020000-\U0003fffd]")
_UNSEEN: Final = re.compile(f"[{_IGNORABLE}{_BLANK}]")
_IGNORED: Final = re.compile(f"[{_IGNORABLE}]")
_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})


# The error for a text that shows nothing.
NOTHING_VISIBLE: Final = "Expected something visible, got nothing that shows."


def is_ignorable(char: str) -> bool:
    """Whether a text looks the same without this character (Default_Ignorable_Code_Point)."""
    return _IGNORED.match(char) is not None


def is_visible(text: str) -> bool:
    """Whether the text contains something visible."""
    return any(map(_is_seen, text))


def visible_or_empty(text: str) -> str:
    """Return the text, or "" if it shows nothing: for optional texts."""
    return text if is_visible(text) else ""


def visible_of(texts: Iterable[str]) -> str:
    """Return the first text that shows something, else ""."""
    return next(filter(is_visible, texts), "")


def _is_seen(char: str) -> bool:
    if char.isascii():
        return char.isprintable() and char != " "
    if _UNSEEN.match(char):
        return False
    if unicodedata.category(char) not in _CATEGORIES:
        return True
    code = ord(char)
    is_noncharacter = code & 0xFFFE == 0xFFFE
    return code in _DRAWN_FORMATS or bool(_GROWING.match(char) and not is_noncharacter)
