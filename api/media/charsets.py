"""Detects the charset of bytes without one: file names, form fields, whole texts.

Independent of Django, as documents are parsed in a child process without it.
"""

import codecs
import re
from typing import Final

# A charset to try, and the older, narrower one to which ordinary text is confined: bytes in another
# charset decode as well, but into characters outside the narrow one.
_NARROW: Final = (("cp932", "shift_jis"), ("gb18030", "gb2312"))
# Half-width katakana: any bytes from A1 to DF decode to them.
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_KANA = re.compile("[\u3041-\u30ff]")
_HAN = re.compile("[\u4e00-\u9fff]")
# Minimum share of Hangul among the letters beyond ASCII for a text to be Korean. In Korean text
# nearly all are Hangul; Chinese decoded as Korean has about a half.
_KOREAN_SHARE: Final = 0.8
# Letters examined; enough for a statistic.
_LETTERS_JUDGED: Final = 20_000

# Aliases that Python does not know, or maps to a narrower codec than what is sent under that name.
_ALIASES: Final = {
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "windows-949": "cp949",
    "x-windows-949": "cp949",
    "ms949": "cp949",
    "uhc": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "unicode": "utf-16",
}
# Charsets that encode other characters in ASCII bytes: a check of the bytes and a reader of the
# text would see different texts.
_REFUSED: Final = frozenset({"utf-7", "unicode_escape", "raw_unicode_escape", "idna", "punycode"})


def codec_name(charset: str) -> str:
    """Return the name of Python's codec for `charset`, or ""."""
    name = charset.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # Some are not charsets at all, such as base64 and rot13.
    if not codec._is_text_encoding or codec.name in _REFUSED:
        return ""
    return _ALIASES.get(codec.name, codec.name)


def decode_short(data: bytes) -> str:
    """Decode a name or a title, which is too short for statistics. Never raises."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    if (text := korean(data)) is not None:
        return text
    for charset, narrow in _NARROW:
        text = _decode_strictly(data, charset)
        if text is not None and not _HALF_WIDTH.search(text) and _is_encodable(text, narrow):
            return text
    text = _decode_strictly(data, "cp1252")
    return text if text is not None else data.decode("utf-8", "replace")


def korean(data: bytes) -> str | None:
    """Return the text if the bytes are Korean in CP949 (EUC-KR), else None."""
    text = _decode_strictly(data, "cp949")
    if text is None:
        return None
    letters = [each for each in text if each > "\x7f" and each.isalpha()][:_LETTERS_JUDGED]
    syllables = sum(map(_is_common_syllable, letters))
    return text if letters and syllables >= _KOREAN_SHARE * len(letters) else None


def chinese(data: bytes) -> str | None:
    """Return the text if the bytes are simplified Chinese in GB 18030, else None."""
    text = _decode_strictly(data, "gb18030")
    # EUC-JP encodes kana in the same bytes.
    if text is None or _KANA.search(text) or not _HAN.search(text):
        return None
    return text if _is_encodable(text[:_LETTERS_JUDGED], "gb2312") else None


def _decode_strictly(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return None


def _is_common_syllable(letter: str) -> bool:
    """Whether it is one of the 2,350 of KS X 1001; Python encodes the others in eight bytes."""
    return "가" <= letter <= "힣" and len(letter.encode("euc_kr", "ignore")) == 2


def _is_encodable(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
