"""Parses Markdown: CommonMark with tables, with markdown-it-py.

The Markdown source is kept as the text, because clients render it. The parser tells which lines
form a block, and headings become the places of blocks. Every non-empty line is in a block or
heading, whatever the parser makes of it. Embedded HTML is replaced by its text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Final

from chat.assistant.documents import limits
from chat.assistant.documents.parsers import front_matter
from chat.assistant.documents.parsers.blocks import (
    Block,
    Heading,
    ParsedDocument,
    below_headings,
)
from chat.assistant.documents.parsers.plain import clean

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAG = re.compile(r"<[a-zA-Z/!?]")
# Elements that are valid only within a table.
_PART_OF_TABLE = re.compile(r"\s*+<(?:t[dhr]|tbody|thead|tfoot|caption)\b", re.IGNORECASE)
# A script in Markdown is an example: it is kept as source, and never run.
_PROGRAM = re.compile(r"\s*+<script\b", re.IGNORECASE)
# Lines of a list or quotation without text.
_NOTHING = re.compile(r"(?:[ \t\n>]++|[-*+](?=[ \t\n]|\Z)|\d{1,9}[.)](?=[ \t\n]|\Z))*+\Z")
# Code, which is left unchanged; a character reference, replaced if it stands for a letter (`<` or
# `&` would become markup); an escaped underscore within a word, which is never emphasis.
_WRITTEN_OTHERWISE = re.compile(
    r"(?<!`)`++[^`]*+`++"
    r"|(?P<reference>&(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)"
    r"|(?<=[^\W_])(?P<underscores>(?:\\_)++)(?=[^\W_])"
)
_MARKS = re.compile(r"[\[\]*_`~<>!&\\]")
# Tokens of prose.
_PROSE: Final = frozenset({"paragraph_open", "heading_open", "table_open"})
_AS_WRITTEN: Final = frozenset({"fence", "code_block"})


@dataclass(slots=True)
class _Span:
    """Lines that form a block, with the type of their token; "" for lines without one."""

    first: int
    last: int
    kind: str = ""
    # For a heading.
    level: int = 0
    title: str = ""
    # For HTML.
    content: str = ""


def read(text: str) -> ParsedDocument:
    """Parse Markdown; the title is that of the front matter, else the first heading of level 1."""
    text = clean(text)
    front = front_matter.read(text)
    lines = text[front.end :].split("\n")
    spans = _all_spans(_spans(_parser().parse("\n".join(lines))), lines)
    body, items = _text_and_items(spans, lines, front.end)
    first = (span.title for span in spans if span.kind == "heading_open" and span.level == 1)
    title = front.title or next(first, "")
    return ParsedDocument(text[: front.end] + body, below_headings(items), title)


def may_hold_html(text: str) -> bool:
    """Whether the text may contain HTML, which is parsed in the child process only."""
    return _TAG.search(text) is not None


@cache
def _parser() -> "MarkdownIt":
    # Loaded with the first document: a server that has no assistant starts without it.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    # Only blocks are parsed; inline content of headings is parsed by `_rendered_text`.
    parser.core.ruler.disable("inline")
    return parser


def _spans(tokens: "list[Token]") -> list[_Span]:
    found = []
    for place, token in enumerate(tokens):
        if token.map is None:
            continue
        first, last = token.map
        if token.type in _PROSE or token.type in _AS_WRITTEN or token.type == "hr":
            span = _Span(first, last, token.type)
            # A heading in a list or quotation starts no section.
            if token.type == "heading_open" and token.level == 0:
                span.level, span.title = (
                    int(token.tag[1:]),
                    _rendered_text(tokens[place + 1].content),
                )
            found.append(span)
        elif token.type == "html_block" and not _PROGRAM.match(token.content):
            found.append(_Span(first, last, token.type, content=token.content))
    return found


def _all_spans(spans: Iterable[_Span], lines: list[str]) -> list[_Span]:
    """The spans, and the lines between them as paragraphs."""
    found: list[_Span] = []
    done = 0
    for span in sorted(spans, key=lambda each: each.first):
        if span.first >= done:
            found += _paragraphs(lines, done, span.first)
            found.append(span)
            done = span.last
    return found + _paragraphs(lines, done, len(lines))


def _paragraphs(lines: list[str], first: int, last: int) -> list[_Span]:
    found: list[_Span] = []
    continues = False
    for number in range(first, last):
        has_text = bool(lines[number].strip())
        if has_text and continues:
            found[-1].last = number + 1
        else:
            found.append(_Span(number, number + 1))
        continues = has_text
    return found


def _text_and_items(
    spans: list[_Span], lines: list[str], offset: int
) -> tuple[str, list[Block | Heading]]:
    """The text of the spans, and its items; `offset` characters precede the text."""
    parts: list[str] = []
    items: list[Block | Heading] = []
    place = offset
    for span in spans:
        if span.kind == "html_block":
            whole, inside = _text_of_html(span.content)
            items += (_shift(item, place) for item in inside)
            whole = f"{whole}\n" if whole else ""
        else:
            own = lines[span.first : span.last]
            if span.kind not in _AS_WRITTEN:
                own = _readable(own)
            whole = "\n".join(own)
            items += _item(span, own, place, place + len(whole.rstrip()))
        parts.append(whole)
        place += len(whole) + 1
    return "\n".join(parts), items


def _item(span: _Span, lines: list[str], start: int, end: int) -> list[Block | Heading]:
    if span.level:
        return [Heading(start, end, span.level, span.title)] if span.title else []
    if span.kind == "hr" or end == start or _NOTHING.match("\n".join(lines)):
        return []
    is_cut = span.kind == "table_open" and len(lines) > 2
    head_end = start + len(lines[0]) + 1 + len(lines[1]) if is_cut else None
    return [Block(start, end, head_end=head_end)]


def _shift(item: Block | Heading, by: int) -> Block | Heading:
    if isinstance(item, Heading):
        return replace(item, start=item.start + by, end=item.end + by)
    head_end = None if item.head_end is None else item.head_end + by
    return replace(item, start=item.start + by, end=item.end + by, head_end=head_end)


def _text_of_html(content: str) -> tuple[str, list[Block | Heading]]:
    # Imported here, because its C parser may be loaded only in the child process.
    from chat.assistant.documents.parsers import html

    if _PART_OF_TABLE.match(content):
        content = f"<table>{content}"
    return html.read_fragment(content)


def _readable(lines: list[str]) -> list[str]:
    """Replace references and escapes that stand for letters, outside of code."""
    return [_WRITTEN_OTHERWISE.sub(_replace_letter, line) for line in lines]


def _replace_letter(found: re.Match[str]) -> str:
    if found["underscores"]:
        return found[0].replace("\\", "")
    if found["reference"]:
        meant = clean(unescape(found[0]))
        return meant if all(each > "\x7f" or each.isalnum() for each in meant) else found[0]
    return found[0]


def _rendered_text(content: str) -> str:
    """The text that one line of Markdown shows when rendered."""
    content = content.strip()[: limits.INLINE_CHARS]
    if len(_MARKS.findall(content)) > limits.INLINE_MARKS:
        return content
    parts: list[str] = []
    tokens: list[Token] = []
    _parser().inline.parse(content, _parser(), {}, tokens)
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            parts.append(token.content)
        elif token.type == "image":
            parts.append("".join(each.content for each in token.children or ()))
        elif token.type in ("softbreak", "hardbreak") or token.content.lower().startswith("<br"):
            parts.append(" ")
    return clean(" ".join("".join(parts).split()))
