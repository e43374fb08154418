"""Extracts the visible text of HTML, without markup, scripts and hidden elements.

lexbor builds the tree as browsers do. As in browsers, every element is shown unless it is listed
here, so that unknown elements lose no text (decision 0018).

Hidden text is left out because readers of the page do not see it: instructions to a model would be
planted there.
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
from chat.assistant.documents.parsers.html_lists import Lists
from chat.assistant.documents.parsers.html_parts import Ruby, Table, layouts
from chat.assistant.documents.parsers.plain import clean

# Elements that browsers do not show; and `nav`, which is the same on each page of a site.
_NOT_SHOWN = """
head script style noscript noframes template iframe object embed canvas audio video datalist nav
rp defs desc metadata symbol clippath annotation annotation-xml
"""
# Elements that start on a line of their own.
_BLOCK_ELEMENTS = """
address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu ol
p pre search section summary table tbody td textarea tfoot th thead tr ul
"""
# Inline elements whose text is separated from adjacent words.
_BOXES = "button option text title"
# Elements without an end tag, or whose end tag is optional.
_NO_END = """
area base br col embed hr img input link meta source track wbr param
p li dt dd td th tr tbody thead tfoot option optgroup colgroup html head body rt rp
"""
_HIDDEN_ELEMENTS = frozenset(_NOT_SHOWN.split())
_BLOCKS = frozenset(_BLOCK_ELEMENTS.split())
_SPACED = _BLOCKS | frozenset(_BOXES.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
_AS_WRITTEN: Final = frozenset({"pre", "textarea"})
_HIDDEN = re.compile(
    r"display\s*+:\s*+none|visibility\s*+:\s*+hidden|(?:font-size|opacity)\s*+:\s*+0(?![.\d])",
    re.IGNORECASE,
)
# Types of inputs whose value is visible.
_SEEN_INPUTS: Final = frozenset(
    {"", "text", "submit", "button", "reset", "search", "email", "url", "tel", "number"}
)
_SPACES = re.compile(r"[ \t\n\xa0]+")
_LINES = re.compile(r" ?\n ?")
# Content without tags (comments, scripts, …), or a tag. No alternative fails after its first word.
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|textarea)\b.*?(?:</\1|\Z)"
    r"|<(?P<end>/?)(?P<name>[a-z][^\s/>]*+)",
    re.IGNORECASE | re.DOTALL,
)
# `noscript` is removed, as in browsers that run scripts; the parser would treat it as content.
_NOSCRIPT = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|textarea)\b.*?(?:</\1|\Z)"
    r"|(?P<noscript><noscript\b.*?(?:</noscript\s*+>|\Z))",
    re.IGNORECASE | re.DOTALL,
)
_UNENDED = frozenset(_NO_END.split())


def read(text: str) -> ParsedDocument:
    """Parse HTML; the title is `<title>`, else the first heading. Raises `ParserFault`."""
    tree = _parse_tree(text)
    title = tree.css_first("head > title")
    collector = _TextCollector(_one_line(title.text()) if title is not None else "")
    if tree.body is not None:
        collector.visit_all(tree.body)
    return collector.out.parsed(collector.title)


def read_fragment(text: str) -> tuple[str, list[Block | Heading]]:
    """Parse HTML within another document; return its text, and its blocks and headings."""
    collector = _TextCollector("")
    if (body := _parse_tree(text).body) is not None:
        collector.visit_all(body)
    return collector.out.text, collector.out.items


def _parse_tree(text: str) -> LexborHTMLParser:
    text = _NOSCRIPT.sub(lambda found: "" if found["noscript"] else found[0], clean(text))
    _check_elements(text)
    return LexborHTMLParser(text)


def _check_elements(text: str) -> None:
    """Refuse a page whose tree would take a parser too long, before parsing it.

    A one-pass estimate: a parser also closes elements that the text leaves open.
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


class _TextCollector:
    def __init__(self, title: str) -> None:
        self.title = title
        self.out = Builder()
        self._parts: list[str] = []
        self._preformatted = 0
        # The tag of the open heading, or "". Block elements in it become text of one line.
        self._heading = ""
        self._lists = Lists()
        # The bullet or number of an item whose text has not been written yet.
        self._marker = ""
        self._ruby = Ruby()
        self._layouts: frozenset[int] = frozenset()
        # The open data table; a table nested in it becomes text of its cell.
        self._table: Table | None = None

    def visit_all(self, root: LexborNode) -> None:
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
            self._parts.append(f" {clean(_attribute_text(tag, node))} ")
        elif tag in ("ruby", "rt"):
            self._parts = self._ruby.enter(tag, self._parts)
        elif self._table is not None and self._table.enter(tag):
            self._parts = []
        elif self._table is not None or self._heading:
            # Headings and cells are one line.
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
            self._lists.enter(tag, node)
        elif tag == "li":
            self._marker = self._lists.marker(node)

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
            elif tag in _LISTS:
                self._lists.leave()
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
            self.out.add(*table.builder_arguments())
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
    """All nodes in document order; elements twice, before (True) and after (False) their children.

    Not recursive, because the document determines the depth.
    """
    node, entering = root, True
    while True:
        if entering and not _is_hidden(node):
            yield node, True
            if node.first_child is not None:
                node = node.first_child
                continue
            yield node, False
        elif not entering:
            yield node, False
        # Not `==`, which compares the nodes' whole markup.
        if node.mem_id == root.mem_id:
            return
        if node.next is not None:
            node, entering = node.next, True
        else:
            # Only the root has no parent, and the walk ends there.
            node, entering = node.parent or root, False


def _is_hidden(node: LexborNode) -> bool:
    tag = node.tag or ""
    if tag == "-text":
        return False
    if tag.startswith(("-", "_", "!")) or tag in _HIDDEN_ELEMENTS:
        return True
    attributes = node.attributes
    if tag == "dialog" and "open" not in attributes:
        return True
    # `until-found` content is found by a search within the page.
    return attributes.get("hidden", "until-found") != "until-found" or (
        _HIDDEN.search(attributes.get("style") or "") is not None
    )


def _attribute_text(tag: str, node: LexborNode) -> str:
    """The visible text in an attribute: of an image or a form field."""
    attributes = node.attributes
    kind = (attributes.get("type") or "").lower()
    if tag == "img" or kind == "image":
        return attributes.get("alt") or ""
    return attributes.get("value") or "" if kind in _SEEN_INPUTS else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
