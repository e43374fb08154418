"""Elements of a page whose text is not simply sequential: tables and ruby."""

from collections.abc import Iterable
from typing import Any, Final

_CELLS: Final = frozenset({"td", "th"})
# Elements in a cell that show that its table is for layout.
_LAYOUT_CONTENT: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "pre", "table"})


class Table:
    """Collects the rows and cells of a table, for a text with one line per row."""

    def __init__(self) -> None:
        # The number of open nested tables.
        self.nested = 0
        self._rows: list[tuple[bool, list[str]]] = []
        self._in_head = False
        self._kinds: list[str] = []
        self._cells: list[str] = []

    def enter(self, tag: str) -> bool:
        """Handle a start tag; True if a cell or caption starts."""
        if tag == "table":
            self.nested += 1
        elif not self.nested and tag == "thead":
            self._in_head = True
        return not self.nested and (tag in _CELLS or tag == "caption")

    def leave(self, tag: str, parts: list[str]) -> bool:
        """Handle an end tag with the text since its start; True if it ends the table."""
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

    def builder_arguments(self) -> tuple[str, None, int]:
        """Arguments of `Builder.add`: the text, no page, and the length of the header."""
        lines = [" | ".join(cells).strip(" ") for _, cells in self._rows]
        heads = 0
        while heads < len(self._rows) and self._rows[heads][0]:
            heads += 1
        # Word does not mark headers; the first row usually is one.
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
    """The ids of layout tables, whose cells are read one after the other.

    Those are tables of one column, and tables without a header whose cells contain headings, tables
    or code.
    """
    found = set()
    open_tables: list[_Scan] = []
    for node, entering in visits:
        tag = node.tag or ""
        if tag == "table":
            if entering:
                if open_tables:
                    open_tables[-1].has_layout_content = True
                open_tables.append(_Scan(node.attributes.get("role") == "presentation"))
            elif open_tables.pop().is_layout():
                found.add(node.mem_id)
        elif entering and open_tables:
            open_tables[-1].see(tag)
    return frozenset(found)


class _Scan:
    def __init__(self, has_role: bool) -> None:
        self.has_layout_content = False
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
        elif tag in _LAYOUT_CONTENT:
            self.has_layout_content = True

    def is_layout(self) -> bool:
        only_places = self.has_layout_content and not self._has_header
        return self._has_role or only_places or self._most_cells < 2


class Ruby:
    """Moves ruby readings after the whole ruby element, so that they do not split its word."""

    def __init__(self) -> None:
        self._outside: list[str] | None = None
        self._readings: list[str] | None = None

    def enter(self, tag: str, parts: list[str]) -> list[str]:
        """Handle a tag; return the list that collects the following text."""
        if tag == "ruby" and self._readings is None:
            self._readings = []
        elif tag == "rt" and self._readings is not None and self._outside is None:
            self._outside = parts
            return []
        return parts

    def leave(self, tag: str, parts: list[str]) -> list[str]:
        """Handle a tag; return the list that collects the following text."""
        if tag == "rt" and self._outside is not None and self._readings is not None:
            self._readings.append("".join(parts))
            parts, self._outside = self._outside, None
        elif tag == "ruby" and self._readings is not None:
            if reading := "".join(self._readings).strip():
                parts.append(f"({reading})")
            self._readings = None
        return parts
