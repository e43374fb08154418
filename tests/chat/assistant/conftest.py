from collections.abc import AsyncIterator, Iterator

import pytest
from pytest_django import Settings

from chat.assistant.answers.supervisor import supervisor
from realtime.runtime import Runtime
from tests.chat.assistant.model_server import ModelServer
from tests.realtime.actors import OpenGate


@pytest.fixture(autouse=True)
def _paths(settings: Settings, _surroundings: None) -> None:
    settings.ROOT_URLCONF = "config.urls"
    # As fast as it can be.
    settings.BELLWIRE_EMBEDDED_CHARS_PER_S = 1e6


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that takes answers on, and writes nothing: what it would do is the test's to do."""
    monkeypatch.setattr(supervisor, "worker_name", lambda: "worker")
    monkeypatch.setattr(supervisor, "start_answer", lambda _: None)
    monkeypatch.setattr(supervisor, "abandon_answer", lambda _: None)


@pytest.fixture
async def runtime(transactional_db: None) -> AsyncIterator[Runtime]:
    made = Runtime(gate=OpenGate())
    made.start()
    yield made
    for session in list(made.hub.connections.values()):
        session.ended()
    await made.stop()
