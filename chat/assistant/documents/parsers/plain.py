"""Text, and its paragraphs."""

import re

from chat.assistant.documents.parsers.blocks import Block, ParsedDocument

# Line breaks of other systems, and of Unicode.
_BREAKS = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")
# Nothing that a page shows: NUL, which PostgreSQL does not store, and other controls; places where
# a word may be broken (soft hyphen, zero width space), which would break it for those who search;
# and what only says how lines are broken or read (word joiner, byte order mark).
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u180e\u200b\u2060\ufeff\ufffe\uffff]"
)
_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n(?!\s*\n)[^\n]*)*")


def clean(text: str) -> str:
    """The text with one kind of line break and without characters that nobody sees."""
    return _CONTROLS.sub("", _BREAKS.sub("\n", text))


def paragraphs(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Where the paragraphs of a part of `text` are: what empty lines separate."""
    matches = _PARAGRAPH.finditer(text, start, len(text) if end is None else end)
    return [(match.start(), match.start() + len(match.group().rstrip())) for match in matches]


def read(text: str) -> ParsedDocument:
    """Plain text."""
    text = clean(text)
    return ParsedDocument(text, tuple(Block(start, end) for start, end in paragraphs(text)))
