"""Plain text and its paragraphs."""

import re

from chat.assistant.documents.parsers.blocks import Block, ParsedDocument

# Line breaks of other systems and of Unicode.
_BREAKS = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")
# Invisible characters: NUL, which PostgreSQL cannot store, and other controls; soft hyphen and zero
# width space, which would split words for the search; word joiner and byte order mark.
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u180e\u200b\u2060\ufeff\ufffe\uffff]"
)
_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n(?!\s*\n)[^\n]*)*")


def clean(text: str) -> str:
    """Normalize line breaks, and remove invisible characters."""
    return _CONTROLS.sub("", _BREAKS.sub("\n", text))


def paragraphs(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The spans of the paragraphs in a part of `text`, which are separated by empty lines."""
    matches = _PARAGRAPH.finditer(text, start, len(text) if end is None else end)
    return [(match.start(), match.start() + len(match.group().rstrip())) for match in matches]


def read(text: str) -> ParsedDocument:
    """Parse plain text."""
    text = clean(text)
    return ParsedDocument(text, tuple(Block(start, end) for start, end in paragraphs(text)))
