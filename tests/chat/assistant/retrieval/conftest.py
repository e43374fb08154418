from collections.abc import Iterator

import pytest

from tests.chat.assistant.retrieval import extra


@pytest.fixture(autouse=True)
def _epoch() -> None:
    """Nothing is published here, and what only computes needs no database."""


@pytest.fixture(scope="package", autouse=True)
def _without_embeddings() -> Iterator[None]:
    """As most deployments are, and every test but those that ask for the extra."""
    with extra.away():
        yield
