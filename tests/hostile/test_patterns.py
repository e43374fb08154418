"""No text that comes from outside takes more than linear time, whatever it is made of."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import parse_cookie
from django.urls import URLPattern, URLResolver, get_resolver

from config import backports
from tests.hostile import parsers
from tests.hostile.growth import superlinear
from tests.hostile.pattern_attacks import Make, attacks, attacks_of
from tests.hostile.pattern_sources import Source, python_sources

pytestmark = pytest.mark.once

SOURCES = python_sources()


# No reader is given more at once: it is code of ours, and so ten times slower than a pattern.
READER_CHARS = 4_096


@dataclass(frozen=True, slots=True)
class _Text:
    source: Source
    make: Make

    def __call__(self, size: int) -> Any:
        return self.source.text(self.make(size))


def faults(source: Source) -> list[str]:
    """The first attack that the pattern does not hold against, if there is one."""
    for name, make in attacks(source.pattern):
        if grows := superlinear(source.run, _Text(source, make)):
            return [f"{source.where} against {name}: {grows}"]
    return []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.where)
def test_pattern_takes_linear_time(source: Source) -> None:
    assert faults(source) == []


@pytest.mark.parametrize("reader", parsers.READERS, ids=lambda reader: reader.name)
def test_reader_takes_linear_time(reader: parsers.Reader) -> None:
    for name, make in attacks_of(list(reader.parts), []):
        grows = superlinear(reader.read, make, READER_CHARS)
        assert not grows, f"against {name}: {grows}"


def test_paths_take_linear_time() -> None:
    patterns = {pattern.pattern: pattern for pattern in _url_patterns()}
    assert len(patterns) > 50
    every = frozenset({"search"})
    slow = [each for each, one in patterns.items() if faults(Source(each, one, every))]
    # Django's own, and why no path is longer than `BELLWIRE_MAX_PATH_CHARS`.
    assert slow == [r"^r/(?P<content_type_id>.+)/(?P<object_id>.+)/\Z"]


def _url_patterns() -> list[re.Pattern[str]]:
    from config import asgi

    routes: list[Any] = [*asgi._SOCKETS, *asgi._STREAMS, *asgi._sockjs.websockets]
    waiting: list[Any] = [*get_resolver("config.urls").url_patterns, *routes]
    found = []
    while waiting:
        route: URLPattern | URLResolver = waiting.pop()
        found.append(route.pattern.regex)
        if isinstance(route, URLResolver):
            waiting += route.url_patterns
    return found


# --- the standard library's own -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quoted", "value"),
    [
        ('"a\\"b"', 'a"b'),
        (r'"\\101\\054"', r"\101\054"),
        (r'"\101\054\"', "A,\\"),
        (r'"\401\8"', "4018"),
        (r'"a\"', "a\\"),
        ('"', '"'),
        ("a", "a"),
        ("", ""),
    ],
)
def test_cookie_is_unquoted_as_before(quoted: str, value: str) -> None:
    assert backports.unquote(quoted) == value
    assert parse_cookie(f"name={quoted}")["name"] == value


# --- the test of the test ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        # One that stopped a whole process for seconds.
        r"[?&][^=&\s\"']*%[^=&\s\"']*=[^&\s\"'#,;)]+",
        r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*",
        r"\s+$",
        r"(a+)+$",
        r"(?:a|a?)+b",
        r"<!--.*?-->",
        r"!?\[([^\]]*)\]\([^)]*\)",
        r"(\w+\s?)*:",
    ],
)
def test_slow_pattern_is_found_out(pattern: str) -> None:
    assert faults(Source("known", re.compile(pattern), frozenset({"search"})))


@pytest.mark.parametrize("pattern", [r"\s++$", r"a*b", r"(?:a++)++$", r"\A\s+$", r"[^\n]*\n?"])
def test_fast_pattern_is_not_blamed(pattern: str) -> None:
    anchored = frozenset({"match"}) if pattern != r"[^\n]*\n?" else frozenset({"finditer"})
    assert faults(Source("known", re.compile(pattern), anchored)) == []
