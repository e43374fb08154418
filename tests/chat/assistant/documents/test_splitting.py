"""Passages are bounded, follow the structure, and lose nothing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.assistant.documents import limits
from chat.assistant.documents.formats import Format
from chat.assistant.documents.parsers import markdown, plain
from chat.assistant.documents.parsers.reader import read_document
from chat.assistant.documents.splitter import split
from tests.chat.assistant import library

pytestmark = pytest.mark.once

SENTENCE = "The quick brown fox jumps over the lazy dog. "


def test_a_section_is_a_passage() -> None:
    parsed = markdown.read("# Leave\nfirst\n\nsecond\n\n## Sick\n- third\n- fourth\n# Pay\nfifth")
    assert [(piece.headings, parsed.text[piece.start : piece.end]) for piece in split(parsed)] == [
        (("Leave",), "first\n\nsecond"),
        (("Leave", "Sick"), "- third\n- fourth"),
        (("Pay",), "fifth"),
    ]


def test_a_long_section_is_cut_at_sentences_and_overlaps_by_one() -> None:
    parsed = plain.read(SENTENCE * 60)
    pieces = split(parsed)
    assert len(pieces) > 2
    for before, after in pairwise(pieces):
        assert 0 < before.end - after.start <= limits.OVERLAP_CHARS
        assert parsed.text[after.start :].startswith("The quick")


def test_a_passage_knows_its_page() -> None:
    parsed = read_document(library.pdf("one " * 150, "two " * 150), Format.PDF)
    assert [piece.page for piece in split(parsed)] == [1, 2]


@given(
    st.lists(
        st.one_of(
            st.text(max_size=80),
            st.sampled_from(
                ["\n\n", "# H\n", "## I\n", "- x\n", SENTENCE * 30, "가나다라. " * 200, "x" * 2000]
            ),
        ),
        max_size=12,
    ).map("".join)
)
def test_passages_are_bounded_and_hold_every_block(text: str) -> None:
    parsed = markdown.read(text)
    pieces = split(parsed)
    for piece in pieces:
        assert 0 < piece.end - piece.start <= limits.CHUNK_CHARS
    starts = [piece.start for piece in pieces]
    assert starts == sorted(set(starts))
    covered = {place for piece in pieces for place in range(piece.start, piece.end)}
    for block in parsed.blocks:
        assert covered.issuperset(range(block.start, block.end))
