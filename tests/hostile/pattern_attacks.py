"""Texts that make a pattern work hard, from the pattern's own parts.

A backtracking matcher is slow where it can begin, or go on, in many places and fails in each: with
a run of one character that the pattern repeats, two such runs behind each other, or a long row of
beginnings of a match. So the parts of a pattern are its words and one character for each member of
its classes, and the texts are repetitions of those.
"""

import importlib
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

Make = Callable[[int], str]

# Typed nowhere, and the only parser of Python's own patterns.
_parser: Any = importlib.import_module("re._parser")
_c: Any = importlib.import_module("re._constants")

_CATEGORIES: Final = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_DIGIT": "x",
    "CATEGORY_NOT_SPACE": "x",
    "CATEGORY_NOT_WORD": "!",
}
# Ends a text in which a match has not ended yet: in no class that is not a negated one.
_TAIL: Final = "\x01"
# A class may name a whole script; its first characters are enough.
_MEMBERS: Final = 8
# Of a pattern. Pairs of more would take minutes and show nothing new.
_PARTS: Final = 24


def attacks(pattern: re.Pattern[Any]) -> Iterator[tuple[str, Make]]:
    """Named makers of hostile texts, each about as long as it is asked for."""
    source = pattern.pattern
    text = source if isinstance(source, str) else source.decode("latin-1")
    tree = _parser.parse(text, pattern.flags & ~re.DEBUG)
    yield from attacks_of(_parts(tree), _examples(tree))


def attacks_of(parts: list[str], wholes: list[str]) -> Iterator[tuple[str, Make]]:
    """The same for parts that are known: also for what is read without a pattern."""
    for part in parts:
        yield f"{part!r} repeated", _repeated(part, "")
        yield f"{part!r} repeated, unended", _repeated(part, _TAIL)
    for one, other in itertools.permutations(parts, 2):
        yield f"{one!r} and {other!r} in turn", _repeated(one + other, "")
        yield f"many {one!r}, then many {other!r}", _in_halves(one, other)
    for whole in wholes:
        yield f"{whole!r} repeated", _repeated(whole, "")
        for part in parts:
            yield f"{whole!r}, then many {part!r}", _after(whole, part)
            yield f"many {part!r}, then {whole!r}", _before(part, whole)
            yield f"{whole + part!r} repeated", _repeated(whole + part, _TAIL)


def _repeated(part: str, tail: str) -> Make:
    return lambda size: part * (size // len(part)) + tail


def _in_halves(one: str, other: str) -> Make:
    return lambda size: one * (size // 2 // len(one)) + other * (size // 2 // len(other)) + _TAIL


def _after(whole: str, part: str) -> Make:
    return lambda size: whole + part * (size // len(part)) + _TAIL


def _before(part: str, whole: str) -> Make:
    return lambda size: part * (size // len(part)) + whole


# --- the parts of a pattern ----------------------------------------------------------------------


def _parts(tree: Any) -> list[str]:
    """Words and characters that the pattern names, each once, in its order."""
    found: dict[str, None] = {}
    _collect(tree, found)
    whole = list(dict.fromkeys(found))
    return whole[:_PARTS] or ["x"]


def _collect(tree: Any, found: dict[str, None]) -> None:
    word = ""
    for op, value in tree:
        if op is _c.LITERAL:
            word += chr(value)
            continue
        if word:
            found[word] = None
            word = ""
        if op in (_c.IN, _c.NOT_LITERAL, _c.ANY):
            found.update(dict.fromkeys(_members(op, value)))
        for inner in _inside(op, value):
            _collect(inner, found)
    if word:
        found[word] = None


def _inside(op: Any, value: Any) -> list[Any]:
    """The patterns within a node."""
    if op in (_c.MAX_REPEAT, _c.MIN_REPEAT, _c.POSSESSIVE_REPEAT):
        return [value[2]]
    if op is _c.SUBPATTERN:
        return [value[3]]
    if op is _c.ATOMIC_GROUP:
        return [value]
    if op is _c.BRANCH:
        return list(value[1])
    if op in (_c.ASSERT, _c.ASSERT_NOT):
        return [value[1]]
    if op is _c.GROUPREF_EXISTS:
        return [each for each in value[1:] if each is not None]
    return []


def _members(op: Any, value: Any) -> list[str]:
    """A character for each member of a class; of a negated one also what it does not have."""
    if op is _c.ANY:
        return ["x"]
    if op is _c.NOT_LITERAL:
        return [chr(value), "x"]
    found = ["x"] if value[0][0] is _c.NEGATE else []
    for kind, what in value[: _MEMBERS + 1]:
        if kind is _c.LITERAL:
            found.append(chr(what))
        elif kind is _c.RANGE:
            found.append(chr(what[0]))
        elif kind is _c.CATEGORY:
            found.append(_CATEGORIES[str(what)])
    return found


# --- what the pattern matches --------------------------------------------------------------------


def _examples(tree: Any) -> list[str]:
    """Beginnings of a match: of each branch, all of it but the last node, and all of it."""
    branches = [tree]
    if len(tree) == 1 and tree[0][0] is _c.BRANCH:
        branches = list(tree[0][1][1])
    found: dict[str, None] = {}
    for branch in branches:
        nodes = list(branch)
        for end in range(1, len(nodes) + 1):
            example = "".join(_example(*node) for node in nodes[:end])
            if example:
                found[example] = None
    return list(found)[:_PARTS]


def _example(op: Any, value: Any) -> str:
    """A short text that the node matches, as far as that can be said of it alone."""
    if op is _c.LITERAL:
        return chr(value)
    if op in (_c.IN, _c.NOT_LITERAL, _c.ANY):
        members = _members(op, value)
        # The first of a negated class is in it, and so is each of another.
        return members[-1] if op is _c.NOT_LITERAL else members[0]
    if op in (_c.MAX_REPEAT, _c.MIN_REPEAT, _c.POSSESSIVE_REPEAT):
        times: int = min(max(value[0], 1), 8)
        return "".join(_example(*node) for node in value[2]) * times
    if op is _c.BRANCH:
        return "".join(_example(*node) for node in value[1][0])
    if op in (_c.SUBPATTERN, _c.ATOMIC_GROUP):
        return "".join(_example(*node) for node in _inside(op, value)[0])
    return ""
