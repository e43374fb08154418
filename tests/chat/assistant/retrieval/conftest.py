from collections.abc import Iterator

import pytest

from tests.chat.assistant.retrieval import extra


@pytest.fixture(scope="session", autouse=True)
def _without_embeddings() -> Iterator[None]:
    """As most deployments are, and every test but those that ask for the extra."""
    with extra.away():
        yield
