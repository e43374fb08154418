import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from pytest_django import Settings

from realtime.conf import conf
from realtime.fanout.hub import Hub
from realtime.protocol.messages import Topic
from tests.realtime import topics

# With the topics' module its policies: the suites' actors talk about these topics.
__all__ = ["topics"]


@pytest.fixture
def limited(settings: Settings) -> Iterator[Callable[..., None]]:
    """`limited(log_keep_events=10)`: other limits for the length of the test."""

    def set_limits(**values: float) -> None:
        for name, value in values.items():
            setattr(settings, f"BELLWIRE_{name.upper()}", value)
        conf.forget()

    yield set_limits
    conf.forget()


@pytest.fixture
def followed() -> list[str]:
    """What the hub wanted of the channel layer: `+topic`, `-topic`."""
    return []


@pytest.fixture
async def hub(transactional_db: None, followed: list[str]) -> AsyncIterator[Hub]:
    """A running hub on the real database. Nobody wakes it up but the test."""

    def follow(topic: Topic) -> None:
        followed.append(f"+{topic}")

    def forget(topic: Topic) -> None:
        followed.append(f"-{topic}")

    hub = Hub(follow=follow, forget=forget)
    works = (hub.pump, hub.repair, hub.publish_states)
    tasks = [asyncio.create_task(work()) for work in works]
    yield hub
    for session in list(hub.connections.values()):
        session.ended()
    ended = [task for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not ended, "a part of the hub stopped during the test"
