"""What a reader makes of a document: one text, and blocks in it that belong together."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chat.assistant.documents import limits


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, table or piece of code: `text[start:end]` of its reading."""

    start: int
    end: int
    # The titles of the sections around it, the outermost first.
    headings: tuple[str, ...] = ()
    # From 1, where the document has pages.
    page: int | None = None
    # A table's header, `text[start:head_end]`; its rows follow, a line each.
    head_end: int | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, `text[start:end]`, and what it says; 1 is the largest level."""

    start: int
    end: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document's text. `title` is what the document calls itself, or ""."""

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    # The charset that the file was taken to be in; "" where a format has none.
    charset: str = ""


@dataclass(slots=True)
class _Sections:
    """The sections that are open while a document is read from its beginning to its end."""

    _open: list[tuple[int, str]] = field(default_factory=list)

    def enter(self, level: int, title: str) -> None:
        """A heading of `level`, 1 the largest, closes those as small as it and smaller."""
        self._open = [(above, name) for above, name in self._open if above < level]
        self._open.append((level, title[: limits.HEADING_CHARS]))

    @property
    def path(self) -> tuple[str, ...]:
        """The titles, the outermost first."""
        return tuple(name for _, name in self._open if name)


def below_headings(items: Iterable[Block | Heading]) -> tuple[Block, ...]:
    """The blocks of a document in their order, each with the headings above it.

    No heading is lost: one with nothing below it is a block, and one that is too long for a
    passage's place begins the block that follows it. A document of headings alone has no blocks.
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
        # A table keeps its place: its header is found by it.
        if long_start is not None and item.head_end is None:
            item = replace(item, start=long_start)  # noqa: PLW2901
            long_start = None
        blocks.append(replace(item, headings=sections.path))
    if waiting is not None:
        blocks.append(Block(waiting.start, waiting.end, sections.path))
    return tuple(blocks) if bodies else ()


class Builder:
    """Puts a text together out of blocks, for formats whose source is not what one reads."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.items: list[Block | Heading] = []
        self._length = 0

    @property
    def text(self) -> str:
        """What was put together so far."""
        return "".join(self._parts)

    def add(self, text: str, page: int | None = None, head: int = 0) -> None:
        """Append a block, with an empty line before it; `head` characters are a table's header."""
        if text:
            start = self._append_separately(text)
            head_end = start + head if head else None
            self.items.append(Block(start, self._length, page=page, head_end=head_end))

    def add_heading(self, level: int, title: str) -> None:
        """Append a heading: those below it are in its section."""
        start = self._append_separately(title)
        self.items.append(Heading(start, self._length, level, title))

    def parsed(self, title: str = "") -> ParsedDocument:
        """What was put together."""
        return ParsedDocument(self.text, below_headings(self.items), title)

    def _append_separately(self, text: str) -> int:
        if self._parts:
            self._append("\n\n")
        start = self._length
        self._append(text)
        return start

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
