"""Decodes a file's bytes, detecting the charset.

The steps, the most reliable first: a byte order mark; valid UTF-8, which other charsets' bytes
hardly ever are; zero bytes where UTF-16 and UTF-32 have them; the charset declared by the sender or
in the document; Korean and Chinese by their most common characters; statistics (chardetng, as in
Firefox).
"""

import codecs
import re
from typing import Final

from api.media import charsets
from chat.assistant.documents.parsers.errors import ParserFault

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    # Before UTF-16, whose mark is a prefix of theirs.
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
# Charsets that encode other scripts in ASCII bytes with escape sequences, which are valid UTF-8.
_ANNOUNCED: Final = frozenset({"iso2022_kr", "iso2022_jp", "hz"})
# `<meta charset=…>`, `<meta … content="…; charset=…">`, `<?xml … encoding="…"?>`.
_DECLARED = re.compile(
    rb"<(?:meta\s[^>]{0,300}?charset|\?xml\s[^>]{0,100}?encoding)\s*+=\s*+[\"']?+\s*+([\w.:-]{1,40})",
    re.IGNORECASE,
)
# How far it is searched for. The HTML Standard says 1024 bytes; Word writes much before it.
_DECLARED_WITHIN: Final = 4096
_WESTERN: Final = frozenset({"cp1252", "cp1254"})
_HUNGARIAN_AS_WESTERN: Final = frozenset("áéíóöõúüû")
# Enough for statistics.
_SAMPLE_BYTES: Final = 64 * 1024
# The beginning of ISO-2022-KR (RFC 1557). ISO-2022-JP is found by statistics.
_ISO_2022_KR: Final = b"\x1b$)C"
# Common names of charsets that Python names differently.
_NAMES: Final = {"utf-16-le": "utf-16le", "utf-16-be": "utf-16be", "ascii": "utf-8"}


def decode(data: bytes, declared: str = "", *, is_markup: bool = False) -> tuple[str, str]:
    """Decode a file; return the text and the charset's name. Raises `ParserFault`.

    `declared` is the charset that the sender gives; markup may declare one itself.
    """
    text, charset = _decode(data, declared, is_markup)
    if "\0" in text:
        raise ParserFault("binary")
    return text, _NAMES.get(charset, charset)


def utf8(data: bytes, declared: str = "") -> str | None:
    """The text, if the bytes are certainly UTF-8; else None."""
    if b"\0" in data or charsets.codec_name(declared) in _ANNOUNCED or b"\x1b$" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _decode(data: bytes, declared: str, is_markup: bool) -> tuple[str, str]:
    for mark, codec, name in _MARKS:
        if data.startswith(mark) and (text := _decode_strictly(data, codec)) is not None:
            return text, name
    declared_codec = charsets.codec_name(declared)
    if not declared_codec and is_markup and (found := _DECLARED.search(data[:_DECLARED_WITHIN])):
        declared_codec = charsets.codec_name(found[1].decode("ascii"))
    if (text := utf8(data, declared_codec)) is not None:
        return text, "utf-8"
    if b"\0" in data:
        return _decode_wide(data)
    # If `<meta>` could be read as ASCII, the page is not in the UTF-16 that it may declare.
    if declared_codec and not declared_codec.startswith("utf"):
        text = _decode_strictly(data, declared_codec)
        if text is not None:
            return text, declared_codec
    if (text := charsets.korean(data)) is not None:
        return text, "cp949"
    if (text := charsets.chinese(data)) is not None:
        return text, "gb18030"
    return _decode_by_statistics(data)


def _decode_wide(data: bytes) -> tuple[str, str]:
    """UTF-16 or UTF-32 without a byte order mark, recognized by zero bytes at fixed positions."""
    for charset, width, place in (
        ("utf-32-le", 4, 3),
        ("utf-32-be", 4, 0),
        ("utf-16-le", 2, 1),
        ("utf-16-be", 2, 0),
    ):
        if len(data) % width == 0 and _is_text(
            text := _decode_strictly(data, charset), data[place::width]
        ):
            return text or "", charset
    raise ParserFault("binary")


def _is_text(text: str | None, high_bytes: bytes) -> bool:
    """Whether decoded bytes look like text: no NUL, some ASCII, and few unprintable characters."""
    if text is None or "\0" in text or not high_bytes.count(0):
        return False
    strange = sum(not (each.isprintable() or each.isspace()) for each in text[:_SAMPLE_BYTES])
    return strange * 50 <= len(text)


def _decode_by_statistics(data: bytes) -> tuple[str, str]:
    # Its tables are loaded by the process that guesses, and by no server.
    from chardetng_py import EncodingDetector

    if data.startswith(_ISO_2022_KR) and (text := _decode_strictly(data, "iso2022_kr")) is not None:
        return text, "iso2022_kr"
    detector = EncodingDetector()
    detector.feed(data[:_SAMPLE_BYTES], last=len(data) <= _SAMPLE_BYTES)
    charset = charsets.codec_name(detector.guess(tld=None, allow_utf8=False))
    if charset in _WESTERN and _is_hungarian(data[:_SAMPLE_BYTES].decode(charset, "ignore")):
        charset = "cp1250"
    # The likeliest charset may still be unable to decode the bytes.
    text = _decode_strictly(data, charset)
    if text is None:
        raise ParserFault("charset")
    return text, charset


def _is_hungarian(text: str) -> bool:
    """Whether a text decoded as Western or Turkish is Hungarian.

    Its long umlauts are there in the places of õ and û, which no language has with ö or ü and
    no other accents than these.
    """
    accented = {each for each in text.lower() if each > "\x7f" and each.isalpha()}
    long_umlauts = accented & set("õû")
    return accented <= _HUNGARIAN_AS_WESTERN and (
        len(long_umlauts) == 2 or bool(long_umlauts and accented & set("öü"))
    )


def _decode_strictly(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return None
