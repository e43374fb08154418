"""What shows something, and what does not."""

import pytest

from tests.text.vectors import VECTORS
from text.visible import is_visible, visible_or_empty


@pytest.mark.parametrize("text", VECTORS["visible"], ids=ascii)
def test_text_that_shows_something_is_visible(text: str) -> None:
    assert is_visible(text)
    assert visible_or_empty(text) == text


@pytest.mark.parametrize("text", VECTORS["blank"], ids=ascii)
def test_text_that_shows_nothing_is_blank(text: str) -> None:
    assert not is_visible(text)
    assert is_visible(text + "a" + text)
    assert visible_or_empty(text) == ""
