"""Markdown: CommonMark with tables, by markdown-it-py.

The text stays as it was written, so that people see it rendered: headings become places, and what
the parser finds says which lines belong together. Every line that says something is in a block or
in a heading, whatever the parser makes of it. HTML in between becomes its text.
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
# What begins within a table, and is nothing outside of one.
_PART_OF_TABLE = re.compile(r"\s*+<(?:t[dhr]|tbody|thead|tfoot|caption)\b", re.IGNORECASE)
# A program among prose is an example of one: it is shown as it was written, and runs nowhere.
_PROGRAM = re.compile(r"\s*+<script\b", re.IGNORECASE)
# A line of a list or a quotation with nothing in it.
_NOTHING = re.compile(r"(?:[ \t\n>]++|[-*+](?=[ \t\n]|\Z)|\d{1,9}[.)](?=[ \t\n]|\Z))*+\Z")
# Code; a character reference, which may stand for a letter (for `<` or `&` it would be markup
# otherwise); and an underscore within a word, which is never emphasis and needs no backslash.
_WRITTEN_OTHERWISE = re.compile(
    r"(?<!`)`++[^`]*+`++"
    r"|(?P<reference>&(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)"
    r"|(?<=[^\W_])(?P<underscores>(?:\\_)++)(?=[^\W_])"
)
_MARKS = re.compile(r"[\[\]*_`~<>!&\\]")
# The tokens of lines that are prose, in which references and escapes are replaced.
_PROSE: Final = frozenset({"paragraph_open", "heading_open", "table_open"})
_AS_WRITTEN: Final = frozenset({"fence", "code_block"})


@dataclass(slots=True)
class _Span:
    """Lines that belong together, and the kind of the token that says so; "" for none."""

    first: int
    last: int
    kind: str = ""
    # Of a heading.
    level: int = 0
    title: str = ""
    # Of HTML.
    content: str = ""


def read(text: str) -> ParsedDocument:
    """Markdown. Its title is that of the front matter, else the first heading of level 1."""
    text = clean(text)
    front = front_matter.read(text)
    lines = text[front.end :].split("\n")
    spans = _all_spans(_spans(_parser().parse("\n".join(lines))), lines)
    body, items = _written(spans, lines, front.end)
    first = (span.title for span in spans if span.kind == "heading_open" and span.level == 1)
    title = front.title or next(first, "")
    return ParsedDocument(text[: front.end] + body, below_headings(items), title)


def may_hold_html(text: str) -> bool:
    """Whether there is anything that the reader of HTML would be given."""
    return _TAG.search(text) is not None


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    # Only blocks are asked for; what stands in a heading is read by `_shown`.
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
            # One in a list or a quotation begins no section.
            if token.type == "heading_open" and token.level == 0:
                span.level, span.title = int(token.tag[1:]), _shown(tokens[place + 1].content)
            found.append(span)
        elif token.type == "html_block" and not _PROGRAM.match(token.content):
            found.append(_Span(first, last, token.type, content=token.content))
    return found


def _all_spans(spans: Iterable[_Span], lines: list[str]) -> list[_Span]:
    """These, and between them the lines that the parser says nothing of, by paragraphs."""
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
        says = bool(lines[number].strip())
        if says and continues:
            found[-1].last = number + 1
        else:
            found.append(_Span(number, number + 1))
        continues = says
    return found


def _written(
    spans: list[_Span], lines: list[str], offset: int
) -> tuple[str, list[Block | Heading]]:
    """The text of the spans, and what it consists of; `offset` characters stand before it."""
    parts: list[str] = []
    items: list[Block | Heading] = []
    place = offset
    for span in spans:
        if span.kind == "html_block":
            whole, inside = _text_of_html(span.content)
            items += (_moved(item, place) for item in inside)
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


def _moved(item: Block | Heading, by: int) -> Block | Heading:
    if isinstance(item, Heading):
        return replace(item, start=item.start + by, end=item.end + by)
    head_end = None if item.head_end is None else item.head_end + by
    return replace(item, start=item.start + by, end=item.end + by, head_end=head_end)


def _text_of_html(content: str) -> tuple[str, list[Block | Heading]]:
    # Its parser is of C, and is imported in the child process only.
    from chat.assistant.documents.parsers import html

    if _PART_OF_TABLE.match(content):
        content = f"<table>{content}"
    return html.built(content)


def _readable(lines: list[str]) -> list[str]:
    """Lines whose letters stand for themselves, outside of code."""
    return [_WRITTEN_OTHERWISE.sub(_letters, line) for line in lines]


def _letters(found: re.Match[str]) -> str:
    if found["underscores"]:
        return found[0].replace("\\", "")
    if found["reference"]:
        meant = clean(unescape(found[0]))
        return meant if all(each > "\x7f" or each.isalnum() for each in meant) else found[0]
    return found[0]


def _shown(content: str) -> str:
    """What one line of Markdown shows."""
    content = content.strip()[: limits.INLINE_CHARS]
    if len(_MARKS.findall(content)) > limits.INLINE_MARKS:
        return content
    shown: list[str] = []
    tokens: list[Token] = []
    _parser().inline.parse(content, _parser(), {}, tokens)
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            shown.append(token.content)
        elif token.type == "image":
            shown.append("".join(each.content for each in token.children or ()))
        elif token.type in ("softbreak", "hardbreak") or token.content.lower().startswith("<br"):
            shown.append(" ")
    return clean(" ".join("".join(shown).split()))
