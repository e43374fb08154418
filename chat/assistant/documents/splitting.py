"""Cutting a document into passages, along its structure."""

import re
from dataclasses import dataclass

from chat.assistant.documents import limits
from chat.assistant.documents.reading.blocks import Block, Reading

# Where a long paragraph may be cut, the best place first: after a sentence, a line, a word.
_CUTS = (re.compile(r"[.!?。！？…][\"'”’)\]]*\s+|\n+"), re.compile(r"\s+"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage: `text[start:end]` of its reading."""

    start: int
    end: int
    headings: tuple[str, ...]
    page: int | None


def split(reading: Reading) -> list[Piece]:
    """The passages of a document, none longer than `CHUNK_CHARS`.

    Blocks below one heading are put together while there is room. Where a section is cut, the next
    passage begins with the end of the one before.
    """
    pieces: list[Piece] = []
    for block in _cut_long_blocks(reading):
        last = pieces[-1] if pieces else None
        if last is None or last.headings != block.headings:
            pieces.append(Piece(block.start, block.end, block.headings, block.page))
        elif block.end - last.start <= limits.CHUNK_CHARS:
            pieces[-1] = Piece(last.start, block.end, last.headings, last.page)
        else:
            start = _with_overlap(reading.text, last, block)
            pieces.append(Piece(start, block.end, block.headings, block.page))
    return pieces


def _cut_long_blocks(reading: Reading) -> list[Block]:
    found = []
    for block in reading.blocks:
        start = block.start
        # Room is left for the overlap before it.
        while block.end - start > limits.CHUNK_CHARS - limits.OVERLAP_CHARS:
            most = start + limits.CHUNK_CHARS - limits.OVERLAP_CHARS
            end = _cut_before(reading.text, start, most)
            found.append(Block(start, end, block.headings, block.page))
            start = end
        found.append(Block(start, block.end, block.headings, block.page))
    return found


def _cut_before(text: str, start: int, most: int) -> int:
    """The last good place for a cut in the second half of what there is room for."""
    for cut in _CUTS:
        ends = [match.end() for match in cut.finditer(text, start, most)]
        if ends and ends[-1] > (start + most) // 2:
            return ends[-1]
    return most


def _with_overlap(text: str, last: Piece, block: Block) -> int:
    """Where a passage begins that starts with the last words before its block."""
    room = min(limits.OVERLAP_CHARS, limits.CHUNK_CHARS - (block.end - block.start))
    earliest = max(last.start + 1, block.start - room)
    for cut in _CUTS:
        for match in cut.finditer(text, earliest, block.start):
            if match.end() < block.start:
                return match.end()
    return block.start
