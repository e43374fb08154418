"""The parts of a page whose text is not simply one after the other: tables and ruby."""

from collections.abc import Iterable
from typing import Any, Final

_CELLS: Final = frozenset({"td", "th"})
# What a cell of a table of data has not: it is there for the layout of a page.
_OF_PAGES: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "pre", "table"})


class Table:
    """Rows and cells as they are read, for text with a line for each row."""

    def __init__(self) -> None:
        # How many tables are open in it.
        self.nested = 0
        self._rows: list[tuple[bool, list[str]]] = []
        self._in_head = False
        self._kinds: list[str] = []
        self._cells: list[str] = []

    def enter(self, tag: str) -> bool:
        """Whether a part of it begins, whose text is collected anew."""
        if tag == "table":
            self.nested += 1
        elif not self.nested and tag == "thead":
            self._in_head = True
        return not self.nested and (tag in _CELLS or tag == "caption")

    def leave(self, tag: str, parts: list[str]) -> bool:
        """Take what was read of the element that ends; whether it is the table itself."""
        if self.nested:
            self.nested -= tag == "table"
            return False
        if tag in _CELLS:
            self._cells.append(" ".join("".join(parts).split()))
            self._kinds.append(tag)
            parts.clear()
        elif tag == "tr":
            self._end_row()
        elif tag == "thead":
            self._in_head = False
        return tag == "table"

    def written(self) -> tuple[str, None, int]:
        """The text, no page, and how many of its characters are the header."""
        lines = [" | ".join(cells).strip(" ") for _, cells in self._rows]
        heads = 0
        while heads < len(self._rows) and self._rows[heads][0]:
            heads += 1
        # Word marks no header; the first row is meant to be one.
        heads = heads or 1
        if len(lines) <= heads:
            heads = 0
        return "\n".join(lines), None, len("\n".join(lines[:heads]))

    def _end_row(self) -> None:
        cells = self._cells
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            is_head = self._in_head or all(kind == "th" for kind in self._kinds)
            self._rows.append((is_head, cells))
        self._cells, self._kinds = [], []


def layouts(visits: Iterable[tuple[Any, bool]]) -> frozenset[int]:
    """The tables that only place what is in them: their cells are read one after the other.

    Those are tables of one column, and tables without a header whose cells have headings, tables
    or code in them.
    """
    found = set()
    open_tables: list[_Scan] = []
    for node, entering in visits:
        tag = node.tag or ""
        if tag == "table":
            if entering:
                if open_tables:
                    open_tables[-1].has_pages = True
                open_tables.append(_Scan(node.attributes.get("role") == "presentation"))
            elif open_tables.pop().is_layout():
                found.add(node.mem_id)
        elif entering and open_tables:
            open_tables[-1].see(tag)
    return frozenset(found)


class _Scan:
    def __init__(self, has_role: bool) -> None:
        self.has_pages = False
        self._has_role = has_role
        self._has_header = False
        self._cells = self._most_cells = 0

    def see(self, tag: str) -> None:
        if tag == "tr":
            self._cells = 0
        elif tag in _CELLS:
            self._cells += 1
            self._most_cells = max(self._most_cells, self._cells)
            self._has_header |= tag == "th"
        elif tag in _OF_PAGES:
            self.has_pages = True

    def is_layout(self) -> bool:
        only_places = self.has_pages and not self._has_header
        return self._has_role or only_places or self._most_cells < 2


class Ruby:
    """Readings stand above their words: behind them, they would cut a word of two."""

    def __init__(self) -> None:
        self._outside: list[str] | None = None
        self._readings: list[str] | None = None

    def enter(self, tag: str, parts: list[str]) -> list[str]:
        """Where the text goes that follows."""
        if tag == "ruby" and self._readings is None:
            self._readings = []
        elif tag == "rt" and self._readings is not None and self._outside is None:
            self._outside = parts
            return []
        return parts

    def leave(self, tag: str, parts: list[str]) -> list[str]:
        """Where the text goes that follows."""
        if tag == "rt" and self._outside is not None and self._readings is not None:
            self._readings.append("".join(parts))
            parts, self._outside = self._outside, None
        elif tag == "ruby" and self._readings is not None:
            if said := "".join(self._readings).strip():
                parts.append(f"({said})")
            self._readings = None
        return parts
