"""The result of parsing: a text, and the blocks that it consists of."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chat.assistant.documents import limits


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, table or code block: `text[start:end]` of the parsed document."""

    start: int
    end: int
    # The headings above it, outermost first.
    headings: tuple[str, ...] = ()
    # Page number from 1; None for formats without pages.
    page: int | None = None
    # End of a table's header, `text[start:head_end]`; its rows follow, one per line.
    head_end: int | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, `text[start:end]`, with its title; level 1 is the highest."""

    start: int
    end: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document's text and blocks. `title` is the document's own title, or ""."""

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    # The charset that the file was decoded with; "" for formats without one.
    charset: str = ""


@dataclass(slots=True)
class _Sections:
    """The open sections while a document is parsed from beginning to end."""

    _open: list[tuple[int, str]] = field(default_factory=list)

    def enter(self, level: int, title: str) -> None:
        """Open a section, closing those of the same and of lower levels."""
        self._open = [(above, name) for above, name in self._open if above < level]
        self._open.append((level, title[: limits.HEADING_CHARS]))

    @property
    def path(self) -> tuple[str, ...]:
        """The headings of the open sections, outermost first."""
        return tuple(name for _, name in self._open if name)


def below_headings(items: Iterable[Block | Heading]) -> tuple[Block, ...]:
    """The blocks of a document in order, each with the headings above it.

    No heading is lost: a heading without content becomes a block, and one that is too long for a
    passage's place becomes the start of the following block. A document of only headings has no
    blocks.
    """
    sections = _Sections()
    blocks: list[Block] = []
    bodies = 0
    waiting: Heading | None = None
    long_start: int | None = None
    for item in items:
        if isinstance(item, Heading):
            if waiting is not None and item.level <= waiting.level:
                blocks.append(Block(waiting.start, waiting.end, sections.path))
            sections.enter(item.level, item.title)
            waiting = item
            if len(item.title) > limits.HEADING_CHARS or (
                len(limits.PLACE_SEPARATOR.join(sections.path)) > limits.PLACE_CHARS
            ):
                long_start = item.start if long_start is None else long_start
            continue
        bodies += 1
        waiting = None
        # Not before a table, whose header is found by the start of its block.
        if long_start is not None and item.head_end is None:
            item = replace(item, start=long_start)  # noqa: PLW2901
            long_start = None
        blocks.append(replace(item, headings=sections.path))
    if waiting is not None:
        blocks.append(Block(waiting.start, waiting.end, sections.path))
    return tuple(blocks) if bodies else ()


class Builder:
    """Builds a text from blocks, for formats whose source is not readable text."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.items: list[Block | Heading] = []
        self._length = 0

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._parts)

    def add(self, text: str, page: int | None = None, head: int = 0) -> None:
        """Append a block after an empty line; its first `head` characters are a table's header."""
        if text:
            start = self._append_block(text)
            head_end = start + head if head else None
            self.items.append(Block(start, self._length, page=page, head_end=head_end))

    def add_heading(self, level: int, title: str) -> None:
        """Append a heading, which starts a section."""
        start = self._append_block(title)
        self.items.append(Heading(start, self._length, level, title))

    def parsed(self, title: str = "") -> ParsedDocument:
        """The parsed document."""
        return ParsedDocument(self.text, below_headings(self.items), title)

    def _append_block(self, text: str) -> int:
        if self._parts:
            self._append("\n\n")
        start = self._length
        self._append(text)
        return start

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
