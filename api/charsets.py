"""The charset of bytes that come without one: names of files, fields of forms, whole texts.

Nothing here needs Django: documents are read in a child process that has none.
"""

import codecs
import re
from typing import Final

# A charset that bytes are tried in, and the older, narrower one that ordinary text keeps to: bytes
# of another script decode as well, but into characters beyond the narrow one.
_NARROW: Final = (("cp932", "shift_jis"), ("gb18030", "gb2312"))
# Half-width katakana, into which any bytes from A1 to DF decode.
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_KANA = re.compile("[\u3041-\u30ff]")
_HAN = re.compile("[\u4e00-\u9fff]")
# So many of the letters beyond ASCII must be Hangul for a text to be Korean. In Korean text
# nearly all are; Chinese that is read as Korean has about a half.
_KOREAN_SHARE: Final = 0.8
# Enough of a text to tell.
_LETTERS_JUDGED: Final = 20_000

# Names that Python does not know, or takes for something narrower than what is sent under them.
_CALLED: Final = {
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
# Charsets in which other characters are written with the bytes of ASCII: whoever checks bytes and
# whoever reads them would see different texts.
_REFUSED: Final = frozenset({"utf-7", "unicode_escape", "raw_unicode_escape", "idna", "punycode"})


def codec_name(charset: str) -> str:
    """The name under which Python decodes text that is said to be in `charset`, or ""."""
    name = charset.strip().strip("\"'").lower()
    name = _CALLED.get(name, name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # Some are no charsets at all, such as base64 and rot13.
    if not found._is_text_encoding or found.name in _REFUSED:
        return ""
    return _CALLED.get(found.name, found.name)


def decode_short(data: bytes) -> str:
    """A name or a title, which is too short for statistics. Never raises."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    if (text := korean(data)) is not None:
        return text
    for charset, narrow in _NARROW:
        text = _strictly(data, charset)
        if text is not None and not _HALF_WIDTH.search(text) and _keeps_to(text, narrow):
            return text
    text = _strictly(data, "cp1252")
    return text if text is not None else data.decode("utf-8", "replace")


def korean(data: bytes) -> str | None:
    """Text in CP949 (EUC-KR), if that is what the bytes are."""
    text = _strictly(data, "cp949")
    if text is None:
        return None
    letters = [each for each in text if each > "\x7f" and each.isalpha()][:_LETTERS_JUDGED]
    syllables = sum(map(_is_common_syllable, letters))
    return text if letters and syllables >= _KOREAN_SHARE * len(letters) else None


def chinese(data: bytes) -> str | None:
    """Text in simplified Chinese (GB 18030), if that is what the bytes are."""
    text = _strictly(data, "gb18030")
    # Kana have the same bytes in EUC-JP.
    if text is None or _KANA.search(text) or not _HAN.search(text):
        return None
    return text if _keeps_to(text[:_LETTERS_JUDGED], "gb2312") else None


def _strictly(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return None


def _is_common_syllable(letter: str) -> bool:
    """One of the 2,350 of KS X 1001; Python spells the others out, in eight bytes."""
    return "가" <= letter <= "힣" and len(letter.encode("euc_kr", "ignore")) == 2


def _keeps_to(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
