"""Text: decoding it, and its paragraphs."""

import re

from chat.assistant.documents.reading.blocks import Block, Reading
from chat.assistant.documents.reading.faults import DocumentError

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# Line breaks of other systems, and of Unicode.
_BREAKS = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")
# Nothing that a page shows, and NUL is nothing that PostgreSQL stores.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n(?!\s*\n)[^\n]*)*")


def decode(data: bytes) -> str:
    """UTF-8, with or without its mark. Raises `DocumentError`."""
    if data.startswith(_UTF16):
        raise DocumentError("Expected text in UTF-8, got UTF-16. Save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"Expected text in UTF-8: byte {error.start + 1} is none. Save it as UTF-8."
        ) from None
    if "\0" in text:
        raise DocumentError("Expected text, got NUL characters: this is a binary file.")
    return text


def clean(text: str) -> str:
    """The text with one kind of line break and without control characters."""
    return _CONTROLS.sub("", _BREAKS.sub("\n", text))


def paragraphs(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Where the paragraphs of a part of `text` are: what empty lines separate."""
    matches = _PARAGRAPH.finditer(text, start, len(text) if end is None else end)
    return [(match.start(), match.start() + len(match.group().rstrip())) for match in matches]


def read(text: str) -> Reading:
    """Plain text."""
    text = clean(text)
    return Reading(text, tuple(Block(start, end) for start, end in paragraphs(text)))
