"""Markdown (CommonMark's block structure, as far as it says where sections and paragraphs are).

The text stays as it was written: headings become places, and nothing is rendered.
"""

import re
from dataclasses import dataclass, field

from chat.assistant.documents.reading.blocks import Block, Headings, Reading
from chat.assistant.documents.reading.plain import clean

_LINE = re.compile(r"[^\n]*\n?")
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]+\S")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_FRONT_TITLE = re.compile(r"^title:(.+)$", re.MULTILINE)
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.MULTILINE | re.DOTALL)
# A link's text has no bracket in it, and its address at most one pair of them: so that each bracket
# is looked for from one place only.
_MARKUP = re.compile(
    r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}"
    r"|!?\[([^\[\]]*+)\]\((?:[^()]++|\([^()]*+\))*+\)"
)

# What is longer is no title; the patterns above see no more than this of a line.
_TITLE_CHARS = 500


@dataclass(slots=True)
class _Scan:
    text: str
    headings: Headings = field(default_factory=Headings)
    blocks: list[Block] = field(default_factory=list)
    title: str = ""
    fence: str = ""
    # The block that is open: where it began, and whether it is a paragraph of one line so far.
    began: int | None = None
    lines: int = 0

    def close(self, end: int) -> None:
        if self.began is not None:
            kept = self.began + len(self.text[self.began : end].rstrip())
            if kept > self.began:
                self.blocks.append(Block(self.began, kept, self.headings.path))
        self.began, self.lines = None, 0

    def heading(self, level: int, text: str) -> None:
        name = _MARKUP.sub(r"\1", text.strip()[:_TITLE_CHARS]).strip()
        if level == 1 and not self.title:
            self.title = name
        self.headings.enter(level, name)


def read(text: str) -> Reading:
    """Markdown. Its title is that of the front matter, else the first heading of level 1."""
    text = clean(text)
    scan = _Scan(text)
    start = 0
    if front := _FRONT.match(text):
        start = front.end()
        if said := _FRONT_TITLE.search(front.group(1)[:_TITLE_CHARS]):
            scan.title = _without_quotes(said.group(1))
    for match in _LINE.finditer(text, start):
        _line(scan, match.group().rstrip("\n"), match.start(), match.end())
    scan.close(len(text))
    return Reading(text, tuple(scan.blocks), scan.title)


def _line(scan: _Scan, line: str, start: int, end: int) -> None:
    if scan.fence:
        if line.strip().startswith(scan.fence) and not line.strip().strip(scan.fence[0]):
            scan.fence = ""
            scan.close(end)
    elif fence := _FENCE.match(line):
        scan.close(start)
        scan.fence, scan.began, scan.lines = fence.group(1), start, 2
    elif not line.strip():
        scan.close(start)
    elif heading := _HEADING.match(line):
        scan.close(start)
        scan.heading(len(heading.group(1)), _without_closing(line[heading.end() :]))
    elif scan.lines == 1 and (under := _UNDERLINE.match(line)):
        name, scan.began = scan.text[scan.began : start].strip(), None
        scan.close(start)
        scan.heading(1 if under.group(1)[0] == "=" else 2, name)
    elif _RULE.match(line):
        scan.close(start)
    else:
        if _ITEM.match(line):
            # An item with its own lines below it is a block of its own.
            scan.close(start)
            scan.lines = 1
        if scan.began is None:
            scan.began = start
        scan.lines += 1


def _without_quotes(text: str) -> str:
    """A value of the front matter, which YAML lets stand in quotes."""
    text = text.strip(" \t")
    if text[:1] in ("'", '"') and len(text) > 1:
        text = text[1:]
    return text[:-1] if text[-1:] in ("'", '"') and len(text) > 1 else text


def _without_closing(text: str) -> str:
    """What stands in a heading's line, without the `##` that may close it."""
    text = text.strip()
    bare = text.rstrip("#")
    return bare if bare != text and (not bare or bare[-1] in " \t") else text
