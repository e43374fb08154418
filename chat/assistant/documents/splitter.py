"""Splits a document into passages along its structure."""

import re
from dataclasses import dataclass, replace
from typing import Final

from chat.assistant.documents import limits
from chat.assistant.documents.parsers.blocks import Block, ParsedDocument

# Where a long paragraph may be cut, best first: after a sentence or line, after a word.
_CUTS = (
    re.compile(r"[.!?。！？…][\"'”’)\]]*\s+|[。！？]|\n+"),
    re.compile(r"\s+"),
)
# A table is cut between its rows.
_ROW_CUTS = (re.compile(r"\n"), *_CUTS)
_WORD = re.compile(r"\w\w")
# Characters that a passage repeats of the previous one if a word was cut: in scripts without
# spaces, search terms are pairs of letters.
_MID_WORD_OVERLAP: Final = 60


@dataclass(frozen=True, slots=True)
class PassageSpan:
    """The span of a passage: `text[start:end]` of the parsed document."""

    start: int
    end: int
    headings: tuple[str, ...]
    page: int | None
    # The span of its table's header, if the passage begins within the rows.
    head: tuple[int, int] | None = None

    def text_in(self, text: str) -> str:
        """The passage's text as shown and searched, with its table's header."""
        whole = text[self.start : self.end]
        return f"{text[slice(*self.head)]}\n{whole}" if self.head else whole

    @property
    def head_chars(self) -> int:
        """Characters that the header takes up in the passage."""
        return self.head[1] - self.head[0] + 1 if self.head else 0


def split(parsed: ParsedDocument) -> list[PassageSpan]:
    """The passages of a document, each at most `CHUNK_CHARS` long.

    Blocks below one heading are joined while they fit. Where a section is cut, the next passage
    repeats the end of the previous one; within a table, it repeats the table's header instead.
    """
    spans: list[PassageSpan] = []
    for part in _cut_long_blocks(parsed):
        last = spans[-1] if spans else None
        if last is None or last.headings != part.headings or part.head:
            spans.append(part)
        elif part.end - last.start + last.head_chars <= limits.CHUNK_CHARS:
            spans[-1] = replace(last, end=part.end)
        else:
            spans.append(replace(part, start=_with_overlap(parsed.text, last, part)))
    return spans


def _cut_long_blocks(parsed: ParsedDocument) -> list[PassageSpan]:
    found = []
    for block in parsed.blocks:
        # Leave room for the overlap.
        room = limits.CHUNK_CHARS - limits.OVERLAP_CHARS
        part = PassageSpan(block.start, block.end, block.headings, block.page)
        while block.end - part.start > room - part.head_chars:
            most = part.start + room - part.head_chars
            end = _cut_before(parsed.text, part.start, most, block)
            found.append(replace(part, end=end))
            part = replace(part, start=end, head=_head(block, end))
            if _WORD.match(parsed.text, end - 1):
                part = replace(part, start=end - _MID_WORD_OVERLAP)
        found.append(part)
    return found


def _head(block: Block, start: int) -> tuple[int, int] | None:
    if block.head_end is None or start < block.head_end:
        return None
    return block.start, min(block.head_end, block.start + limits.TABLE_HEAD_CHARS)


def _cut_before(text: str, start: int, most: int, block: Block) -> int:
    """The last good place for a cut in the second half of the available range."""
    for cut in _CUTS if block.head_end is None else _ROW_CUTS:
        ends = [match.end() for match in cut.finditer(text, start, most)]
        if ends and ends[-1] > (start + most) // 2:
            return ends[-1]
    return most


def _with_overlap(text: str, last: PassageSpan, part: PassageSpan) -> int:
    """The start of a passage that repeats the last words before its own part."""
    room = min(limits.OVERLAP_CHARS, limits.CHUNK_CHARS - (part.end - part.start))
    earliest = max(last.start + 1, part.start - room)
    for cut in _CUTS:
        for match in cut.finditer(text, earliest, part.start):
            if match.end() < part.start:
                return match.end()
    return part.start
