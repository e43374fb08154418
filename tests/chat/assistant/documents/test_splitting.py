"""Passages are bounded, follow the structure, and lose nothing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.assistant.documents import limits
from chat.assistant.documents.formats import Format
from chat.assistant.documents.reading import markdown, plain
from chat.assistant.documents.reading.read import read_document
from chat.assistant.documents.splitting import split
from tests.chat.assistant import library

pytestmark = pytest.mark.once

SENTENCE = "The quick brown fox jumps over the lazy dog. "


def test_a_section_is_a_passage() -> None:
    reading = markdown.read("# Leave\nfirst\n\nsecond\n\n## Sick\n- third\n- fourth\n# Pay\nfifth")
    assert [
        (piece.headings, reading.text[piece.start : piece.end]) for piece in split(reading)
    ] == [
        (("Leave",), "first\n\nsecond"),
        (("Leave", "Sick"), "- third\n- fourth"),
        (("Pay",), "fifth"),
    ]


def test_a_long_section_is_cut_at_sentences_and_overlaps_by_one() -> None:
    reading = plain.read(SENTENCE * 60)
    pieces = split(reading)
    assert len(pieces) > 2
    for before, after in pairwise(pieces):
        assert 0 < before.end - after.start <= limits.OVERLAP_CHARS
        assert reading.text[after.start :].startswith("The quick")


def test_a_passage_knows_its_page() -> None:
    reading = read_document(library.pdf("one " * 150, "two " * 150), Format.PDF)
    assert [piece.page for piece in split(reading)] == [1, 2]


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
    reading = markdown.read(text)
    pieces = split(reading)
    for piece in pieces:
        assert 0 < piece.end - piece.start <= limits.CHUNK_CHARS
    starts = [piece.start for piece in pieces]
    assert starts == sorted(set(starts))
    covered = {place for piece in pieces for place in range(piece.start, piece.end)}
    for block in reading.blocks:
        assert covered.issuperset(range(block.start, block.end))
