"""Where a text names somebody."""

from typing import Any

import pytest

from tests.text.vectors import VECTORS
from text.mentions import candidates
from text.names import key_of


@pytest.mark.parametrize("vector", VECTORS["mentions"], ids=lambda each: ascii(each["text"]))
def test_mentions_are_of_the_longest_name(vector: dict[str, Any]) -> None:
    names = {key_of(name): name for name in vector["names"]}
    found, end = [], 0
    for place in candidates(vector["text"], 50):
        longest = next((each for each in place if each.key in names), None)
        if longest is not None and longest.start >= end:
            end = longest.end
            found.append([vector["text"][longest.start : end], names[longest.key]])
    assert found == vector["found"]


def test_places_beyond_the_limit_are_not_looked_at() -> None:
    assert len(list(candidates("@a " * 9, 3))) == 3
