"""Canonical forms of names, whichever keyboard, file system or input method wrote them.

    normalize           the stored and displayed form: NFKC, as for Django's usernames
    fold                the form for comparison: NFKC, without case and invisible characters
    key_of              the fold, short enough for a database index
    keys_of_prefixes    the keys of all prefixes of a text

External ids are opaque; none of these is applied to them.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from text.storable import sha256_hex
from text.visible import is_ignorable

# A database index takes at most 2,700 bytes; a longer fold is distinguished by its hash.
KEY_CHARS: Final = 250
_HEAD_CHARS: Final = 185

# Longer than any typed name. Ordering combining marks takes quadratic time, and the text to look up
# may be a whole request body.
_FOLDED_CHARS: Final = 1_024

# Most consecutive characters that combine with the preceding one, or are marks or invisible: typed
# names have a handful.
_PIECE_CHARS: Final = 32

# A character of a normalised name decomposes into four at most (U+1F82 and similar ones).
TYPED_PER_CHAR: Final = 4


def normalize(name: str) -> str:
    """Return the stored form of a name."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def fold(text: str) -> str:
    """Return the common form of all spellings of a name (Unicode's NFKC_Casefold).

    Idempotent, and the same for every normal form of a text. Texts longer than a name may be are
    only lowercased.
    """
    if text.isascii() or len(text) > _FOLDED_CHARS:
        return text.lower()
    text = unicodedata.normalize("NFD", text).casefold()
    text = unicodedata.normalize("NFKC", text).casefold()
    visible = "".join(char for char in text if not is_ignorable(char))
    # Turkish writes `i` for a small `İ`; Unicode's case folding gives `i` with a dot above.
    return unicodedata.normalize("NFKC", visible.replace("i\u0307", "i"))


def fold_for_search(text: str) -> str:
    """Return the fold with a dotless `ı` as `i`: the capital of both is `I`."""
    return fold(text).replace("ı", "i")


def key_of(name: str) -> str:
    """Return the lookup key of a name, at most `KEY_CHARS` characters."""
    return _key(fold(name))


def keys_of_prefixes(graphemes: Sequence[str]) -> Iterator[str]:
    """Yield `key_of` of the first grapheme, of the first two, and so on, in linear time overall.

    Ends early after more than `_PIECE_CHARS` consecutive characters that combine with preceding
    ones.
    """
    before = folded = piece = ""
    # The fold of a prefix does not change when a character that combines with nothing follows.
    for grapheme in graphemes:
        if _stands_alone(grapheme[0]):
            before, piece = folded, ""
        piece += grapheme
        if len(piece) > _PIECE_CHARS:
            return
        folded = before + fold(piece)
        yield _key(folded)


def _stands_alone(char: str) -> bool:
    """Whether the folded `char` never combines with a preceding character."""
    if char.isascii():
        return True
    first = unicodedata.normalize("NFKD", char)[0]
    # Hangul vowels and final consonants are letters that combine with the initial consonant.
    return not (
        is_ignorable(char) or unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
    )


def _key(folded: str) -> str:
    if len(folded) <= KEY_CHARS:
        return folded
    digest = sha256_hex(folded)
    return f"{folded[:_HEAD_CHARS]}:{digest}"


def other_forms(text: str) -> list[str]:
    """Return NFKC first, then other forms that may have been typed: as given, NFC, NFD."""
    if text.isascii():
        return [text]
    forms = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    return list(dict.fromkeys([unicodedata.normalize("NFKC", text), text, *forms]))
