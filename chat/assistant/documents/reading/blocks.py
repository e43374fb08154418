"""What a reader makes of a document: one text, and blocks in it that belong together."""

from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class Reading:
    """A document's text. `title` is what the document calls itself, or ""."""

    text: str
    blocks: tuple[Block, ...]
    title: str = ""


@dataclass(slots=True)
class Headings:
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


class Builder:
    """Puts a text together out of blocks, for formats whose source is not what one reads."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0

    def add(self, text: str, headings: tuple[str, ...] = (), page: int | None = None) -> None:
        """Append a block, with an empty line before it."""
        if not text:
            return
        if self._parts:
            self._append("\n\n")
        start = self._length
        self._append(text)
        self._blocks.append(Block(start, self._length, headings, page))

    def reading(self, title: str = "") -> Reading:
        """What was put together."""
        return Reading("".join(self._parts), tuple(self._blocks), title)

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
