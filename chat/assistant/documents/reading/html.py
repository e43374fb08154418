"""HTML: what a page shows, as text. Markup, scripts and what is hidden are left out.

Hidden text is no part of what its author shows to people: it is where instructions to a machine
would be planted.
"""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from chat.assistant.documents import limits
from chat.assistant.documents.reading.blocks import Builder, Headings, Reading
from chat.assistant.documents.reading.faults import ParserFault
from chat.assistant.documents.reading.plain import clean

_NOT_SHOWN = """
head script style noscript template svg math iframe object embed canvas audio video nav
form button select textarea
"""
_SET_APART = """
address article aside blockquote body dd details div dl dt fieldset figcaption figure footer
h1 h2 h3 h4 h5 h6 header hr html li main ol p pre section summary table ul
"""
# Elements that have no end, or may leave it out.
_NO_END = """
area base br col embed hr img input link meta source track wbr param
p li dt dd td th tr tbody thead tfoot option optgroup colgroup html head body rt rp
"""
_LEFT_OUT = frozenset(_NOT_SHOWN.split())
_BLOCKS = frozenset(_SET_APART.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE
)
_SPACES = re.compile(r"[ \t\n\xa0]+")
_LINES = re.compile(r" ?\n ?")
# What has no tags in it that count, and then a tag. No alternative fails behind its first word.
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|svg|math|textarea)\b.*?(?:</\1|\Z)"
    r"|<(?P<end>/?)(?P<name>[a-z][^\s/>]*+)",
    re.IGNORECASE | re.DOTALL,
)
_UNENDED = frozenset(_NO_END.split())


def read(text: str) -> Reading:
    """HTML. Its title is its `<title>`, else its first `<h1>`. Raises `ParserFault`."""
    text = clean(text)
    _check_elements(text)
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    walk = _Walk(_one_line(title.text()) if title is not None else "")
    root = tree.body
    if root is not None:
        walk.over(root)
    return walk.out.reading(walk.title)


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
        self._headings = Headings()
        self._parts: list[str] = []
        self._preformatted = 0

    def over(self, root: LexborNode) -> None:
        for node, entering in _visits(root):
            tag = node.tag or ""
            if tag == "-text":
                if entering:
                    self._text(node.text_content or "")
            elif tag in ("br", "tr"):
                if entering:
                    self._parts.append("\n")
            elif tag in ("td", "th") and not entering:
                self._parts.append(" | ")
            elif tag in _BLOCKS:
                self._flush(tag if not entering else "")
                if tag == "pre":
                    self._preformatted += 1 if entering else -1
                if tag == "li" and entering:
                    self._parts.append("- ")

    def _text(self, text: str) -> None:
        self._parts.append(text if self._preformatted else _SPACES.sub(" ", text))

    def _flush(self, ended: str) -> None:
        whole = "".join(self._parts)
        self._parts = []
        if not self._preformatted:
            whole = _LINES.sub("\n", re.sub(r" {2,}", " ", whole))
            whole = "\n".join(line.rstrip().removesuffix(" |") for line in whole.split("\n"))
        whole = whole.strip("\n") if self._preformatted else whole.strip()
        if whole in ("", "-"):
            return
        if ended in _HEADINGS:
            name = _one_line(whole)
            self.title = self.title or name
            self._headings.enter(_HEADINGS[ended], name)
        else:
            self.out.add(whole, self._headings.path)


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
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or _HIDDEN.search(attributes.get("style") or "") is not None
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
