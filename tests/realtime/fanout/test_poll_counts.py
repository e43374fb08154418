"""Long polls and event streams: counted before anything is read; no more is read than is shown."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from realtime.protocol.principal import Principal
from realtime.protocols.json.envelope import any_topics
from realtime.registries import topics
from realtime.runtime import Runtime
from realtime.transports.long_poll import long_poll
from realtime.transports.sse import sse
from tests.realtime.actors import OpenGate, Watched
from tests.realtime.topics import Things


class Asked(Things):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.snapshots = 0

    def authorize_many(self, principal: Principal, topic_ids: Any) -> None:
        self.asked.append(tuple(topic_ids))

    def snapshot(self, principal: Principal, topic_id: str) -> bytes | None:
        self.snapshots += 1
        return None


ASKED = Asked()
topics.register_topic_policy("asked", ASKED)


@pytest.fixture
async def runtime(transactional_db: None) -> AsyncIterator[Runtime]:
    made = Runtime(gate=OpenGate())
    made.start()
    ASKED.asked, ASKED.snapshots = [], 0
    yield made
    await made.stop()


class Request(Watched):
    """One GET, whose client stays until the test lets it go."""

    def __init__(self, application: Any, query: str) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self._gone = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [],
            "query_string": query.encode(),
        }
        self.task = asyncio.create_task(application(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        self.changed()

    async def leaves(self) -> None:
        self._gone.set()
        await self.task

    async def refused(self) -> tuple[int, str, bytes]:
        """The status, the code, and Retry-After."""
        await self.until(lambda: len(self.sent) > 1)
        headers = dict(self.sent[0]["headers"])
        code = json.loads(self.sent[1]["body"])["code"]
        return self.sent[0]["status"], code, headers.get(b"retry-after", b"")


async def test_a_poll_too_many_is_refused_before_anything_is_read(
    runtime: Runtime, limited: Callable[..., None]
) -> None:
    limited(max_polls_per_user=2)
    polls = long_poll(runtime=runtime, view_factory=any_topics)
    requests = [Request(polls, "topic=asked/1&token=1") for _ in range(3)]
    tasks = [request.task for request in requests]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert len(done) == 1
    waiting = [request for request in requests if request.task not in done]
    (too_many,) = (request for request in requests if request.task in done)
    assert await too_many.refused() == (429, "TOO_MANY_CONNECTIONS", b"5")
    # Another user has polls of their own, and whoever was answered may poll again.
    await answered(polls, user_id=2)
    await waiting.pop().leaves()
    await answered(polls, user_id=1)
    await waiting.pop().leaves()
    # Twice for each poll but the one that was refused.
    assert len(ASKED.asked) == 8


async def answered(polls: Any, user_id: int) -> None:
    request = Request(polls, f"topic=asked/1&token={user_id}&timeout=0")
    await request.task
    assert request.sent[0]["status"] == 200


async def test_a_stream_too_many_is_refused_before_anything_is_read(
    runtime: Runtime, limited: Callable[..., None]
) -> None:
    user_id = 10**6 + 1
    for number in range(5):
        assert await runtime.leases.acquire(user_id, f"{number}", None)
    streams = sse(runtime=runtime, view_factory=any_topics)
    refused = await Request(streams, f"topic=asked/1&token={user_id}").refused()
    assert refused == (429, "TOO_MANY_CONNECTIONS", b"5")
    assert not ASKED.asked
    for number in range(5):
        await runtime.leases.release(user_id, f"{number}")


async def test_a_refused_stream_gives_its_lease_back(runtime: Runtime) -> None:
    user_id = 10**6 + 2
    streams = sse(runtime=runtime, view_factory=any_topics)
    for _ in range(10):
        refused = await Request(streams, f"topic=secrets/1&token={user_id}").refused()
        assert refused[:2] == (403, "FORBIDDEN")


async def test_all_topics_of_a_poll_are_asked_for_at_once_and_no_snapshot_is_read(
    runtime: Runtime,
) -> None:
    names = [str(number) for number in range(50)]
    query = "&".join(f"topic=asked/{name}" for name in names)
    polls = long_poll(runtime=runtime, view_factory=any_topics)
    await Request(polls, f"{query}&token=1&timeout=0").task
    # Once to let it in, and once more when the heads are read.
    assert [sorted(each) for each in ASKED.asked] == [sorted(names)] * 2
    assert ASKED.snapshots == 0
