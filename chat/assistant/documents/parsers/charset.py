"""From a file's bytes to text: the charset that it says it is in, or the one that it must be in.

The order, by what is surest: a byte order mark; bytes that are valid UTF-8, which other charsets'
hardly ever are; zero bytes where UTF-16 and UTF-32 have them; what was declared, by the sender or
in the document; Korean and Chinese by their commonest characters; statistics (chardetng, which
Firefox judges pages with).
"""

import codecs
import re
from typing import Final

from api import charsets
from chat.assistant.documents.parsers.errors import ParserFault

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    # Before UTF-16, whose mark is the first half of theirs.
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
# The charsets in which bytes beyond ASCII are announced by bytes of ASCII: valid UTF-8 as well.
_ANNOUNCED: Final = frozenset({"iso2022_kr", "iso2022_jp", "hz"})
# `<meta charset=…>`, `<meta … content="…; charset=…">`, `<?xml … encoding="…"?>`.
_DECLARED = re.compile(
    rb"<(?:meta\s[^>]{0,300}?charset|\?xml\s[^>]{0,100}?encoding)\s*+=\s*+[\"']?+\s*+([\w.:-]{1,40})",
    re.IGNORECASE,
)
# As far as browsers look for it (HTML Standard: 1024 bytes; Word writes much before it).
_DECLARED_WITHIN: Final = 4096
# Enough for statistics.
_JUDGED_BYTES: Final = 64 * 1024
# How Korean in ISO-2022 begins (RFC 1557). Its Japanese relative is found by statistics.
_ISO_2022_KR: Final = b"\x1b$)C"
# Python's names of those that have another one everywhere else.
_NAMES: Final = {"utf-16-le": "utf-16le", "utf-16-be": "utf-16be", "ascii": "utf-8"}


def decode(data: bytes, declared: str = "", *, is_markup: bool = False) -> tuple[str, str]:
    """The text, and the name of the charset that it was taken to be in. Raises `ParserFault`.

    `declared` is what the sender said; markup may say it itself.
    """
    text, charset = _decode(data, declared, is_markup)
    if "\0" in text:
        raise ParserFault("binary")
    return text, _NAMES.get(charset, charset)


def utf8(data: bytes, declared: str = "") -> str | None:
    """The text, if it is certainly UTF-8 that needs nothing else to be tried."""
    if b"\0" in data or charsets.codec_name(declared) in _ANNOUNCED or b"\x1b$" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _decode(data: bytes, declared: str, is_markup: bool) -> tuple[str, str]:
    for mark, codec, name in _MARKS:
        if data.startswith(mark) and (text := _strictly(data, codec)) is not None:
            return text, name
    said = charsets.codec_name(declared)
    if not said and is_markup and (found := _DECLARED.search(data[:_DECLARED_WITHIN])):
        said = charsets.codec_name(found[1].decode("ascii"))
    if (text := utf8(data, said)) is not None:
        return text, "utf-8"
    if b"\0" in data:
        return _wide(data)
    # A page that could be read to its `<meta>` is not in the UTF-16 that this may name.
    if said and not said.startswith("utf"):
        text = _strictly(data, said)
        if text is not None:
            return text, said
    if (text := charsets.korean(data)) is not None:
        return text, "cp949"
    if (text := charsets.chinese(data)) is not None:
        return text, "gb18030"
    return _likeliest(data)


def _wide(data: bytes) -> tuple[str, str]:
    """UTF-16 or UTF-32 without a mark: in most scripts' texts one byte of each is zero."""
    for charset, width, place in (
        ("utf-32-le", 4, 3),
        ("utf-32-be", 4, 0),
        ("utf-16-le", 2, 1),
        ("utf-16-be", 2, 0),
    ):
        if len(data) % width == 0 and _is_text(
            text := _strictly(data, charset), data[place::width]
        ):
            return text or "", charset
    raise ParserFault("binary")


def _is_text(text: str | None, high_bytes: bytes) -> bool:
    """Whether decoded bytes look like text: no zero characters, and spaces or ASCII in between."""
    if text is None or "\0" in text or not high_bytes.count(0):
        return False
    strange = sum(not (each.isprintable() or each.isspace()) for each in text[:_JUDGED_BYTES])
    return strange * 50 <= len(text)


def _likeliest(data: bytes) -> tuple[str, str]:
    from chardetng_py import EncodingDetector

    if data.startswith(_ISO_2022_KR) and (text := _strictly(data, "iso2022_kr")) is not None:
        return text, "iso2022_kr"
    judged = EncodingDetector()
    judged.feed(data[:_JUDGED_BYTES], last=len(data) <= _JUDGED_BYTES)
    charset = charsets.codec_name(judged.guess(tld=None, allow_utf8=False))
    # The guess is the likeliest of all, and need not be possible.
    text = _strictly(data, charset)
    if text is None:
        raise ParserFault("charset")
    return text, charset


def _strictly(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return None
