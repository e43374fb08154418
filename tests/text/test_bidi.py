"""A name inside a sentence changes the order of nothing around it."""

import pytest

from tests.text.vectors import VECTORS
from text.bidi import isolate


@pytest.mark.parametrize("vector", VECTORS["isolated"], ids=lambda each: ascii(each["value"]))
def test_isolate_keeps_a_value_to_itself(vector: dict[str, str]) -> None:
    assert isolate(vector["value"]) == vector["isolated"]
    assert isolate(vector["isolated"]) == vector["isolated"]
