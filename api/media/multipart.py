"""The names of uploaded files and the fields of forms, in whatever way their sender writes them.

Django reads the headers of a part as UTF-8 and passes over one that is not: a file whose name is
in CP949 is then "no file". Here each header is brought into UTF-8 before Django sees it, and its
file name into one plain parameter:

- `filename*=utf-8''…` and `filename*0=…` (RFC 5987, RFC 2231), which are preferred (RFC 6266);
- raw UTF-8, and raw bytes of another charset, CP949 above all;
- `%22`, `%0D`, `%0A`, as browsers write these characters (HTML Standard), and names that are
  percent-encoded as a whole;
- `=?UTF-8?B?…?=` (RFC 2047), as some libraries for Java do.
"""

import re
from collections.abc import Iterable
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from django.http import multipartparser
from django.utils.encoding import force_str

from api.media.charsets import codec_name, decode_short

_PARAMETER = re.compile(r';\s*+([^\s=;"]++)\s*+=\s*+("(?:[^"\\]|\\.)*+"|[^;]*+)', re.DOTALL)
# `filename`, `filename*`, `filename*0`, `filename*0*`.
_FILENAME = re.compile(r"filename(?:\*(\d{1,3}))?+(\*)?+\Z", re.IGNORECASE)
_ENCODED_WORDS = re.compile(r"(?:=\?[\w-]{1,40}\?[bq]\?[^?\s]*+\?=\s*+)+", re.IGNORECASE)
_BEYOND_ASCII = re.compile("%[89a-f][0-9a-f]", re.IGNORECASE)
# The escapes that the HTML Standard prescribes for characters that would end the parameter.
_ESCAPES: Final = (("%22", '"'), ("%0D", "\r"), ("%0A", "\n"), ("%0d", "\r"), ("%0a", "\n"))
_HEADER_BYTES: Final = 1024

# Neither function is in Django's type stubs.
_django: Any = multipartparser
_django_parse = _django.parse_boundary_stream


def apply() -> None:
    """Replace Django's functions with those of this module; called once, at startup."""
    _django.parse_boundary_stream = _parse_boundary_stream
    _django.force_str = _force_str


def _parse_boundary_stream(stream: Any, max_header_size: int) -> Any:
    size = _HEADER_BYTES
    while size <= max_header_size:
        chunk = stream.read(size)
        end = chunk.find(b"\r\n\r\n")
        if end != -1:
            chunk = in_utf8(chunk[:end]) + chunk[end:]
        stream.unget(chunk)
        if end != -1 or len(chunk) < size:
            break
        size *= 2
    return _django_parse(stream, max_header_size)


def _force_str(
    s: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict"
) -> str:
    """Decode form values for Django: the charset of bytes that are not UTF-8 is detected."""
    if isinstance(s, bytes) and errors == "replace" and codec_name(encoding) == "utf-8":
        return decode_short(s)
    return force_str(s, encoding, strings_only, errors)


def in_utf8(header: bytes) -> bytes:
    """Return a part's headers in UTF-8, with at most one parameter for the file name."""
    return b"\r\n".join(_line_in_utf8(line) for line in header.split(b"\r\n"))


def _line_in_utf8(line: bytes) -> bytes:
    text = decode_short(line)
    if not text[:20].lower().startswith("content-disposition:"):
        return text.encode("utf-8", "replace")
    head = text.partition(";")[0]
    parameters = [(match[1], match[2]) for match in _PARAMETER.finditer(text)]
    named = [(found, value) for name, value in parameters if (found := _FILENAME.match(name))]
    others = [f"{name}={value}" for name, value in parameters if not _FILENAME.match(name)]
    if named:
        name = _file_name(named).replace("\\", "\\\\").replace('"', '\\"')
        others.append(f'filename="{" ".join(name.splitlines())}"')
    return "; ".join([head, *others]).encode("utf-8", "replace")


def _file_name(parameters: Iterable[tuple[re.Match[str], str]]) -> str:
    plain, segments = "", {}
    for found, value in parameters:
        if found[1] is None and found[2] is None:
            plain = _unquote(value)
        else:
            segments[int(found[1] or 0)] = (_unquote(value), found[2] is not None)
    return _decode_extended(segments) or _decode_plain(plain)


def _decode_extended(segments: dict[int, tuple[str, bool]]) -> str:
    """Join the numbered segments of RFC 2231; those with a star are percent-encoded, the first with
    its charset.
    """
    charset, found = "", b""
    for place, number in enumerate(sorted(segments)):
        value, is_encoded = segments[number]
        if place == 0 and is_encoded and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        found += unquote_to_bytes(value) if is_encoded else value.encode()
    codec = codec_name(charset)
    try:
        return found.decode(codec) if codec else decode_short(found)
    except UnicodeDecodeError:
        return decode_short(found)


def _decode_plain(name: str) -> str:
    if _ENCODED_WORDS.fullmatch(name):
        return _decode_words(name)
    if _BEYOND_ASCII.search(name):
        whole = decode_short(unquote_to_bytes(name))
        if "\ufffd" not in whole:
            return whole
    for escape, character in _ESCAPES:
        name = name.replace(escape, character)
    return name


def _decode_words(name: str) -> str:
    try:
        words = decode_header(name)
    except (HeaderParseError, ValueError):
        return name
    return "".join(
        word
        if isinstance(word, str)
        else word.decode(codec_name(charset or "") or "utf-8", "replace")
        for word, charset in words
    )


def _unquote(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1].replace("\\\\", "\\").replace('\\"', '"')
    return value
