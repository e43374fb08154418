"""Texts are cut where a reader sees two characters."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.vectors import VECTORS
from text.graphemes import cut, graphemes, shorten


@pytest.mark.parametrize("vector", VECTORS["cut"], ids=lambda each: ascii(each["text"]))
def test_cut_leaves_whole_graphemes(vector: dict[str, Any]) -> None:
    assert cut(vector["text"], vector["most"]) == vector["cut"]


@pytest.mark.parametrize("vector", VECTORS["shortened"], ids=lambda each: ascii(each["text"]))
def test_shortened_text_ends_with_an_ellipsis(vector: dict[str, Any]) -> None:
    assert shorten(vector["text"], vector["most"]) == vector["shortened"]


@given(
    st.text(alphabet="a😀🇰🇷👨\u200d👩🏽e\u0301क्ष각가\r\n\u0600", max_size=30), st.integers(1, 30)
)
def test_cut_is_as_long_as_whole_graphemes_allow(text: str, most: int) -> None:
    parts, kept = list(graphemes(text)), cut(text, most)
    assert "".join(parts) == text
    assert len(kept) <= most
    whole = [part for place, part in enumerate(parts) if len("".join(parts[: place + 1])) <= most]
    assert kept == ("".join(whole) or text[:most])
    assert len(shorten(text, most)) <= most
