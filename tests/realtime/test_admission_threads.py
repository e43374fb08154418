"""Looking at credentials takes the engine's threads: one client's leave some to all others."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from chat.assistant.streaming import endpoints as answer_requests
from realtime.database.executor import THREADS, in_thread
from realtime.protocol.principal import CredentialError, Principal
from realtime.protocols.json.envelope import any_topics
from realtime.runtime import Runtime
from realtime.transports.long_poll import long_poll
from realtime.transports.sse import sse
from tests.realtime.actors import OpenGate
from tests.support.deadlines import PATIENCE_S

GREEDY, OTHER = ("192.0.2.66", 1), ("192.0.2.1", 1)


class SlowGate(OpenGate):
    """Takes as long over the greedy client's credentials as the test wishes, and refuses them."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.admitted = 0

    def admit(self, scope: Mapping[str, Any]) -> Principal:
        if scope["client"] == GREEDY:
            assert self.may_go_on.wait(PATIENCE_S)
            self.admitted += 1
            raise CredentialError("AUTH_ERROR", "Authentication failed")
        return super().admit(scope)


@pytest.fixture
async def slow(transactional_db: None) -> AsyncIterator[tuple[Runtime, SlowGate]]:
    gate = SlowGate()
    runtime = Runtime(gate=gate)
    runtime.start()
    try:
        yield runtime, gate
    finally:
        gate.may_go_on.set()
        await runtime.stop()


Application = Callable[[Any, Any, Any], Any]
APPLICATIONS: dict[str, Callable[[Runtime], Application]] = {
    "long-poll": lambda runtime: long_poll(runtime=runtime, view_factory=any_topics),
    "sse": lambda runtime: sse(runtime=runtime, view_factory=any_topics),
    "answers": answer_requests.stream,
}


@pytest.mark.parametrize("transport", APPLICATIONS)
async def test_requests_that_are_refused_leave_threads_to_others(
    slow: tuple[Runtime, SlowGate], transport: str
) -> None:
    runtime, gate = slow
    application = APPLICATIONS[transport](runtime)
    method = "POST" if transport == "answers" else "GET"
    refused = [asyncio.create_task(asked(application, GREEDY, method)) for _ in range(2 * THREADS)]
    # Each has asked for a thread by then.
    for _ in range(10):
        await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE_S / 2):
        assert await in_thread(abs, -1) == 1
        polls = long_poll(runtime=runtime, view_factory=any_topics)
        assert await asked(polls, OTHER, "GET") == 200

    assert not gate.admitted
    gate.may_go_on.set()
    assert await asyncio.gather(*refused) == [401] * (2 * THREADS)


async def asked(application: Application, client: tuple[str, int], method: str) -> int:
    """The status of a request, whose client stays."""
    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def receive() -> None:
        await asyncio.Event().wait()

    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "headers": [],
        "client": client,
        "query_string": b"topic=users/1&token=1&timeout=0",
    }
    await application(scope, receive, send)
    return statuses[0]
