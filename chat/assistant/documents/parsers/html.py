"""HTML: what a page shows, as text. Markup, scripts and what is hidden are left out.

The tree is lexbor's, made as browsers make it. Over it goes one rule, the browsers' own: everything
is shown but what is named here, so that an element that nobody thought of loses nothing (decision
0018).

Hidden text is no part of what its author shows to people: it is where instructions to a machine
would be planted.
"""

import re
from collections.abc import Iterator
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from chat.assistant.documents import limits
from chat.assistant.documents.parsers.blocks import (
    Block,
    Builder,
    Heading,
    ParsedDocument,
)
from chat.assistant.documents.parsers.errors import ParserFault
from chat.assistant.documents.parsers.html_parts import Ruby, Table, layouts
from chat.assistant.documents.parsers.plain import clean

# What browsers show nothing of; `nav` is shown, and says the same on each page of a site.
_NOT_SHOWN = """
head script style noscript noframes template iframe object embed canvas audio video datalist nav
rp defs desc metadata symbol clippath annotation annotation-xml
"""
# What stands on lines of its own.
_SET_APART = """
address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu ol
p pre search section summary table tbody td textarea tfoot th thead tr ul
"""
# What has its text apart from the words beside it, though on the same line.
_BOXES = "button option text title"
# Elements that have no end, or may leave it out.
_NO_END = """
area base br col embed hr img input link meta source track wbr param
p li dt dd td th tr tbody thead tfoot option optgroup colgroup html head body rt rp
"""
_LEFT_OUT = frozenset(_NOT_SHOWN.split())
_BLOCKS = frozenset(_SET_APART.split())
_SPACED = _BLOCKS | frozenset(_BOXES.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
_AS_WRITTEN: Final = frozenset({"pre", "textarea"})
# Deeper lists are indented no further: each item would be longer than the one before.
_INDENTS: Final = 10
_HIDDEN = re.compile(
    r"display\s*+:\s*+none|visibility\s*+:\s*+hidden|(?:font-size|opacity)\s*+:\s*+0(?![.\d])",
    re.IGNORECASE,
)
# The inputs whose value is seen on the page.
_SEEN_INPUTS: Final = frozenset(
    {"", "text", "submit", "button", "reset", "search", "email", "url", "tel", "number"}
)
_SPACES = re.compile(r"[ \t\n\xa0]+")
_LINES = re.compile(r" ?\n ?")
# What has no tags in it that count, and then a tag. No alternative fails behind its first word.
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|textarea)\b.*?(?:</\1|\Z)"
    r"|<(?P<end>/?)(?P<name>[a-z][^\s/>]*+)",
    re.IGNORECASE | re.DOTALL,
)
# Like browsers, which run scripts; the parser does not, and takes some of it for text of the page.
_NOSCRIPT = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|textarea)\b.*?(?:</\1|\Z)"
    r"|(?P<noscript><noscript\b.*?(?:</noscript\s*+>|\Z))",
    re.IGNORECASE | re.DOTALL,
)
_UNENDED = frozenset(_NO_END.split())


def read(text: str) -> ParsedDocument:
    """HTML. Its title is its `<title>`, else its first heading. Raises `ParserFault`."""
    tree = _parsed(text)
    title = tree.css_first("head > title")
    walk = _Walk(_one_line(title.text()) if title is not None else "")
    if tree.body is not None:
        walk.over(tree.body)
    return walk.out.parsed(walk.title)


def built(text: str) -> tuple[str, list[Block | Heading]]:
    """A piece of HTML within another document: its text, and what that consists of."""
    walk = _Walk("")
    if (body := _parsed(text).body) is not None:
        walk.over(body)
    return walk.out.text, walk.out.items


def _parsed(text: str) -> LexborHTMLParser:
    text = _NOSCRIPT.sub(lambda found: "" if found["noscript"] else found[0], clean(text))
    _check_elements(text)
    return LexborHTMLParser(text)


def _check_elements(text: str) -> None:
    """Refuse a page whose tree would take a parser too long: before there is one.

    An estimate, in one pass: a parser also closes elements that the text leaves open.
    """
    elements = depth = 0
    for tag in _TAG.finditer(text):
        name = tag["name"]
        if name is None or name.lower() in _UNENDED:
            elements += 1
        elif tag["end"]:
            depth = max(0, depth - 1)
        else:
            elements += 1
            depth += 1
        if depth > limits.HTML_DEPTH or elements > limits.HTML_ELEMENTS:
            raise ParserFault("too much")


class _Walk:
    def __init__(self, title: str) -> None:
        self.title = title
        self.out = Builder()
        self._parts: list[str] = []
        self._preformatted = 0
        # The heading that is open. What is set apart within it is text of its one line.
        self._heading = ""
        # For each list that is open the number of its next item, or None.
        self._lists: list[int | None] = []
        # The bullet or number of an item of which nothing was written yet.
        self._marker = ""
        self._ruby = Ruby()
        self._layouts: frozenset[int] = frozenset()
        # A table of rows and columns that is open; one in it is text of its cell.
        self._table: Table | None = None

    def over(self, root: LexborNode) -> None:
        self._layouts = layouts(_visits(root))
        for node, entering in _visits(root):
            tag = node.tag or ""
            if tag == "-text":
                if entering:
                    self._text(clean(node.text_content or ""))
            elif entering:
                self._enter(tag, node)
            else:
                self._leave(tag)
        self._flush()

    def _text(self, text: str) -> None:
        self._parts.append(text if self._preformatted else _SPACES.sub(" ", text))

    def _enter(self, tag: str, node: LexborNode) -> None:
        if tag in ("img", "input"):
            self._parts.append(f" {clean(_said(tag, node))} ")
        elif tag in ("ruby", "rt"):
            self._parts = self._ruby.enter(tag, self._parts)
        elif self._table is not None and self._table.enter(tag):
            self._parts = []
        elif self._table is not None or self._heading:
            # All on one line.
            self._parts.append(" " if tag in _SPACED or tag == "br" else "")
        elif tag == "br":
            self._parts.append("\n")
        elif tag in _BLOCKS:
            self._flush()
            self._begin(tag, node)
        elif tag in _SPACED:
            self._parts.append(" ")

    def _begin(self, tag: str, node: LexborNode) -> None:
        if tag in _HEADINGS:
            self._heading = tag
        elif tag == "table" and node.mem_id not in self._layouts:
            self._table = Table()
        elif tag in _AS_WRITTEN:
            self._preformatted += 1
        elif tag in _LISTS:
            start = node.attributes.get("start") or ""
            first = int(start) if start.isdecimal() and len(start) < 10 else 1
            self._lists.append(first if tag == "ol" else None)
        elif tag == "li":
            self._marker = self._next_marker()

    def _next_marker(self) -> str:
        indent = "  " * (min(len(self._lists), _INDENTS) - 1)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number}. "

    def _leave(self, tag: str) -> None:
        if tag in ("ruby", "rt"):
            self._parts = self._ruby.leave(tag, self._parts)
        elif self._table is not None:
            self._leave_in_table(self._table, tag)
        elif self._heading:
            self._leave_in_heading(tag)
        elif tag in _BLOCKS:
            self._flush()
            if tag in _AS_WRITTEN:
                self._preformatted -= 1
            elif tag in _LISTS and self._lists:
                self._lists.pop()
            elif tag == "li":
                self._marker = ""
        elif tag in _SPACED:
            self._parts.append(" ")

    def _leave_in_table(self, table: Table, tag: str) -> None:
        if tag == "caption" and not table.nested:
            self.out.add(_one_line("".join(self._parts)))
            self._parts = []
        elif table.leave(tag, self._parts):
            self._parts = []
            self.out.add(*table.written())
            self._table = None
        elif tag in _SPACED:
            self._parts.append(" ")

    def _leave_in_heading(self, tag: str) -> None:
        if tag != self._heading:
            if tag in _SPACED:
                self._parts.append(" ")
            return
        name = _one_line("".join(self._parts))
        self._parts, self._heading = [], ""
        if name:
            self.title = self.title or name
            self.out.add_heading(_HEADINGS[tag], name)

    def _flush(self) -> None:
        whole = "".join(self._parts)
        self._parts = []
        if self._preformatted:
            whole = whole.strip("\n")
        else:
            whole = _LINES.sub("\n", re.sub(r" {2,}", " ", whole)).strip()
        if whole.strip():
            self.out.add(self._marker + whole)
            self._marker = ""


def _visits(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node in the document's order, elements once before and once after what is in them.

    Not recursive: the document decides the depth.
    """
    node, entering = root, True
    while True:
        if entering and not _is_left_out(node):
            yield node, True
            if node.first_child is not None:
                node = node.first_child
                continue
            yield node, False
        elif not entering:
            yield node, False
        # Not `==`, which compares the markup of all that is in them.
        if node.mem_id == root.mem_id:
            return
        if node.next is not None:
            node, entering = node.next, True
        else:
            # Only the root, at which the walk has ended, is without.
            node, entering = node.parent or root, False


def _is_left_out(node: LexborNode) -> bool:
    tag = node.tag or ""
    if tag == "-text":
        return False
    if tag.startswith(("-", "_", "!")) or tag in _LEFT_OUT:
        return True
    attributes = node.attributes
    if tag == "dialog" and "open" not in attributes:
        return True
    # `until-found` is there for those who search the page.
    return attributes.get("hidden", "until-found") != "until-found" or (
        _HIDDEN.search(attributes.get("style") or "") is not None
    )


def _said(tag: str, node: LexborNode) -> str:
    """The text that stands in an attribute: of an image, or of a field of a form."""
    attributes = node.attributes
    kind = (attributes.get("type") or "").lower()
    if tag == "img" or kind == "image":
        return attributes.get("alt") or ""
    return attributes.get("value") or "" if kind in _SEEN_INPUTS else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
