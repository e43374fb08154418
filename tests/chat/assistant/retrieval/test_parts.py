"""Fusion and snippets, the pure parts of a search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.assistant.retrieval.fusion import fuse
from chat.assistant.retrieval.snippets import SNIPPET_CHARS, snippet

pytestmark = pytest.mark.once

FILLER = "lorem ipsum dolor sit amet consetetur " * 10


def test_what_both_rankings_have_comes_first() -> None:
    assert [item for item, _ in fuse([(1, "abc"), (1, "xbz")])] == ["b", "a", "x", "c", "z"]


def test_a_heavier_ranking_decides() -> None:
    assert [item for item, _ in fuse([(1, "ab"), (3, "ba")])] == ["b", "a"]


def test_nothing_fused_is_nothing() -> None:
    assert fuse([]) == []
    assert fuse([(1, "")]) == []


def test_a_short_text_is_its_own_snippet() -> None:
    assert snippet("Two\n lines ", "lines") == "Two lines"


def test_a_snippet_is_where_the_question_is() -> None:
    found = snippet(f"{FILLER}the annual leave is 25 days {FILLER}", "how much annual leave?")
    assert "annual leave is 25 days" in found
    assert found.startswith("…")
    assert found.endswith("…")


def test_a_snippet_without_a_word_of_the_question_is_the_beginning() -> None:
    assert snippet(FILLER, "zeppelin").startswith("lorem ipsum")


@given(st.text(), st.text())
def test_a_snippet_is_short_and_from_the_text(text: str, question: str) -> None:
    found = snippet(text * 20, question)
    assert len(found) <= SNIPPET_CHARS
    bare = found.removeprefix("…").removesuffix("…")
    assert bare.strip("…") in " ".join((text * 20).split())
