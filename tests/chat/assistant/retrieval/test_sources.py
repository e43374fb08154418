"""Other sources than the documents are asked too, and fused in by how sure they are."""

from collections.abc import Iterator

import pytest

from chat.assistant.retrieval import (
    Passage,
    is_confident,
    register_source,
    retrieve,
    unregister_source,
)
from tests.chat.assistant.library import shelve


def passage(text: str, score: float) -> Passage:
    return Passage(f"own:{text}", "Yours", "", text, text, score, "/")


@pytest.fixture
def asked() -> Iterator[list[tuple[int, str, int]]]:
    """What a source that has an order for user 7 was asked."""
    received: list[tuple[int, str, int]] = []

    def search(user_id: int, question: str, limit: int) -> list[Passage]:
        received.append((user_id, question, limit))
        return [passage("Your order has left our house.", 0.9)] if user_id == 7 else []

    register_source("orders", search)
    yield received
    unregister_source("orders")


@pytest.mark.usefixtures("db")
def test_a_source_is_asked_with_the_askers_id(asked: list[tuple[int, str, int]]) -> None:
    (found,) = retrieve(user_id=7, question="Where is my order?", limit=3)
    assert found.text == "Your order has left our house."
    assert is_confident([found])
    assert retrieve(user_id=8, question="Where is my order?", limit=3) == []
    assert asked == [(7, "Where is my order?", 3), (8, "Where is my order?", 3)]


@pytest.mark.usefixtures("db", "asked")
def test_sources_and_documents_are_one_list() -> None:
    shelve("An order leaves our house within a day.")
    found = [each.text for each in retrieve(user_id=7, question="When does an order leave?")]
    assert sorted(found) == [
        "An order leaves our house within a day.",
        "Your order has left our house.",
    ]


@pytest.mark.usefixtures("db")
def test_a_source_that_fails_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    def broken(user_id: int, question: str, limit: int) -> list[Passage]:
        raise RuntimeError("no such table")

    register_source("broken", broken)
    try:
        shelve("Everyone has 25 days.")
        assert retrieve(user_id=7, question="How many days?")
        assert "'broken' failed" in caplog.text
    finally:
        unregister_source("broken")
