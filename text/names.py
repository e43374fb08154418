"""One form of a name, whichever keyboard, file system or input method has written it.

    normalize   how a name is stored and shown: NFKC, as Django's usernames are
    fold        how names are compared: NFKC, without case, without what nobody sees
    key_of      the fold, short enough for a database's index
    keys_of_prefixes    the keys of all beginnings of a text

External ids are opaque, and pass through none of these.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from text.visible import is_ignorable

# A database's index takes no more than 2,700 bytes; what is longer is told apart by its hash.
KEY_CHARS: Final = 250
_HEAD_CHARS: Final = 185

# Longer than any name that is typed. Combining marks are put in order in quadratic time, and what
# looks a name up may be a whole request's body.
_FOLDED_CHARS: Final = 1_024

# Letters in a row that compose with the one before, marks and invisible characters: in names that
# people type there are a handful.
_PIECE_CHARS: Final = 32

# Decomposed, a character of a normalised name is four at the most (U+1F82 and the like).
TYPED_PER_CHAR: Final = 4


def normalize(name: str) -> str:
    """The form of a name that is stored."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def fold(text: str) -> str:
    """What two ways to write the same name have in common (Unicode's NFKC_Casefold).

    Folding a text twice, or another normal form of it, gives the same. Texts longer than a name may
    be are told apart byte for byte, but for their case.
    """
    if text.isascii() or len(text) > _FOLDED_CHARS:
        return text.lower()
    text = unicodedata.normalize("NFD", text).casefold()
    text = unicodedata.normalize("NFKC", text).casefold()
    visible = "".join(char for char in text if not is_ignorable(char))
    # Turkish writes `i` for a small `İ`, and Unicode `i` with a dot above.
    return unicodedata.normalize("NFKC", visible.replace("i\u0307", "i"))


def fold_for_search(text: str) -> str:
    """The fold, with a dotless `ı` as `i`: the capital of both is `I`."""
    return fold(text).replace("ı", "i")


def key_of(name: str) -> str:
    """What a name is looked up by, at most `KEY_CHARS` characters."""
    return _key(fold(name))


def keys_of_prefixes(graphemes: Sequence[str]) -> Iterator[str]:
    """`key_of` of the first grapheme, of the first two, and so on, in linear time together.

    Ends early where more than `_PIECE_CHARS` characters in a row depend on the ones before.
    """
    before = folded = piece = ""
    # What has been folded stays as it is in front of a character that composes with nothing.
    for grapheme in graphemes:
        if _stands_alone(grapheme[0]):
            before, piece = folded, ""
        piece += grapheme
        if len(piece) > _PIECE_CHARS:
            return
        folded = before + fold(piece)
        yield _key(folded)


def _stands_alone(char: str) -> bool:
    """Whether `char`, folded, never becomes one with a character in front of it."""
    if char.isascii():
        return True
    first = unicodedata.normalize("NFKD", char)[0]
    # Vowels and final consonants of Hangul are letters, and become one with the first consonant.
    return not (
        is_ignorable(char) or unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
    )


def _key(folded: str) -> str:
    if len(folded) <= KEY_CHARS:
        return folded
    digest = hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{folded[:_HEAD_CHARS]}:{digest}"


def other_forms(text: str) -> list[str]:
    """NFKC first, then what else was perhaps typed for the same text: as given, NFC, NFD."""
    if text.isascii():
        return [text]
    forms = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    return list(dict.fromkeys([unicodedata.normalize("NFKC", text), text, *forms]))
