"""Finds mentions in a text: `@name` of an existing user.

A mention begins with `@` (of any width) that does not follow a letter of a spaced script, which
excludes mail addresses; Korean, Chinese, Japanese, Thai and similar scripts put no space there. It
ends where the name ends, before a space, punctuation, or a letter of an unspaced script, as in
`@bob님`, `@bobさん`, `@bob处理`. Of several matching names the longest counts.
Code and web addresses contain no mentions.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from text.graphemes import graphemes
from text.names import TYPED_PER_CHAR, keys_of_prefixes
from text.visible import is_ignorable

# The greatest length of a username.
NAME_CHARS: Final = 150

_AT: Final = re.compile("[@\uff20\ufe6b]")
# Most `@` in a name; a mail address has one. Without a limit, each `@` of a text full of them would
# be followed to the end of the text.
_ATS: Final = 3
# Letters of scripts written without spaces between words.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u0f00-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u3099-\u309f\u30a1-\u30fa"
    "\u30fc-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U0001b000-\U0001b16f\U00020000-\U0003fffd]"
)
# Inside a name these join two words; after it they are punctuation of the sentence.
_JOINERS: Final = frozenset("._-+@\uff20\ufe6b")
# Before an `@` these end the local part of a mail address.
_MAIL_ENDS: Final = frozenset("+-%")
_URL_END: Final = r"\s<>\"`\u3000-\u3011\uff01-\uff0f\uff1a-\uff20"
_URL: Final = re.compile(
    rf"(?:https?://|(?<![\w@.-])(?:[A-Za-z0-9-]++\.)++[A-Za-z]++(?::[0-9]++)?/)[^{_URL_END}]*+",
    re.IGNORECASE,
)
_FENCE: Final = re.compile(r" {0,3}(`{3,}+|~{3,}+)")
_TICKS: Final = re.compile(r"`++")

_Span = tuple[int, int]


class _Kind(Enum):
    """Classes of characters, for where a name may end."""

    SPACED = 1  # a letter, digit or mark of a script with spaces, or `_`
    UNSPACED = 2
    OTHER = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A part of a text that may be a name: `text[start:end]`, including the `@`."""

    start: int
    end: int
    name: str
    key: str


def candidates(text: str, most: int) -> Iterator[Sequence[Candidate]]:
    """Yield the candidates at each of the first `most` mentions, longest first."""
    hidden = iter(_hidden(text))
    span = next(hidden, None)
    found = 0
    for match in _AT.finditer(text):
        at = match.start()
        while span is not None and span[1] <= at:
            span = next(hidden, None)
        if (span is not None and span[0] <= at) or not _may_begin(text, at):
            continue
        if names := _names_at(text, at):
            yield names
            found += 1
        if found == most:
            return


def _may_begin(text: str, at: int) -> bool:
    """Whether a mention may begin at the `@`, by the characters before it."""
    before = at - 1
    while before >= 0 and at - before <= NAME_CHARS and is_ignorable(text[before]):
        before -= 1
    if before < 0:
        return True
    char = text[before]
    if _AT.match(char) or _kind(char) is _Kind.SPACED:
        return False
    return not (char in _MAIL_ENDS and before > 0 and _kind(text[before - 1]) is _Kind.SPACED)


def _names_at(text: str, at: int) -> list[Candidate]:
    window = text[at + 1 : at + 1 + NAME_CHARS * TYPED_PER_CHAR]
    parts: list[str] = []
    ats = 0
    for part in graphemes(window):
        if part[0] in "\r\n" or len(parts) > NAME_CHARS + 1 or ats == _ATS:
            break
        parts.append(part)
        ats += _AT.match(part) is not None
    ends: list[Candidate] = []
    length = 0
    for place, key in enumerate(keys_of_prefixes(parts[:NAME_CHARS])):
        part = parts[place]
        length += len(part)
        if not part.isspace() and _may_end(part, parts[place + 1 : place + 3]):
            ends.append(Candidate(at, at + 1 + length, window[:length], key))
    ends.reverse()
    return ends


def _may_end(last: str, following: Sequence[str]) -> bool:
    """Whether a name may end with the grapheme `last`, before the two `following` ones."""
    if not following:
        return True
    char = following[0][0]
    if char in _JOINERS:
        return len(following) == 1 or (
            following[1][0] != "_" and _kind(following[1][0]) is not _Kind.SPACED
        )
    match _kind(char):
        case _Kind.SPACED:
            return _kind(last[0]) is _Kind.UNSPACED and char.isalpha()
        case _:
            return True


def _kind(char: str) -> _Kind:
    if char == "_":
        return _Kind.SPACED
    if unicodedata.category(char)[0] not in "LMN":
        return _Kind.OTHER
    return _Kind.UNSPACED if _UNSPACED.match(char) else _Kind.SPACED


# --- code and web addresses ----------------------------------------------------------------------


def _hidden(text: str) -> list[_Span]:
    """Return the spans without mentions: fenced code, inline code, web addresses; in order,
    disjoint.
    """
    spans: list[_Span] = []
    fence = ""
    start = 0
    for line in text.splitlines(keepends=True):
        end = start + len(line)
        mark = _FENCE.match(line)
        if fence:
            spans.append((start, end))
            if mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
                fence = ""
        elif mark and not (mark[1][0] == "`" and "`" in line[mark.end() :]):
            fence = mark[1]
            spans.append((start, end))
        else:
            spans += _merged(_code_in(line, start), _addresses_in(line, start))
        start = end
    return spans


def _code_in(line: str, start: int) -> list[_Span]:
    """Return the code spans of one line: from a run of backticks to the next run of equal
    length.
    """
    runs = [match.span() for match in _TICKS.finditer(line)]
    later: dict[int, list[int]] = {}
    for number, (begin, end) in reversed(list(enumerate(runs))):
        later.setdefault(end - begin, []).append(number)
    spans: list[_Span] = []
    number = 0
    while number < len(runs):
        begin, end = runs[number]
        same = later[end - begin]
        while same and same[-1] <= number:
            same.pop()
        if same:
            spans.append((start + begin, start + runs[same[-1]][1]))
            number = same[-1]
        number += 1
    return spans


def _addresses_in(line: str, start: int) -> list[_Span]:
    if "/" not in line:
        return []
    return [(start + match.start(), start + match.end()) for match in _URL.finditer(line)]


def _merged(one: list[_Span], other: list[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for span in sorted([*one, *other]):
        if merged and span[0] < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], span[1]))
        else:
            merged.append(span)
    return merged
