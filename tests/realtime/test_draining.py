"""A drain begins while clients are let in: each is told at once, and none a place it is not at."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest

from realtime.database.executor import in_thread
from realtime.protocol.messages import Position
from realtime.protocol.principal import Principal
from realtime.protocols.conversation import Conversation
from realtime.protocols.json.envelope import any_topics
from realtime.protocols.stomp.codec import StompFrame, Version, encode
from realtime.runtime import Runtime
from realtime.transports.long_poll import long_poll
from realtime.transports.sse import sse
from tests.realtime.actors import OpenGate, RecordingWriter, Watched, written
from tests.realtime.fanout.test_poll_counts import Request
from tests.realtime.topics import GATES
from tests.support.deadlines import PATIENCE_S, cancelled

USER = 7
QUERY = f"topic=gates/1&token={USER}"
# Whoever is told nothing would wait that long.
WAITS = f"{QUERY}&timeout=30"


class HoldingGate(OpenGate):
    """Looks at a credential only when the test lets it."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def hold(self) -> None:
        self.may_go_on.clear()

    def admit(self, scope: Mapping[str, Any]) -> Principal:
        self._wait()
        return super().admit(scope)

    def admit_token(self, token: str) -> Principal:
        self._wait()
        return super().admit_token(token)

    def _wait(self) -> None:
        if not self.may_go_on.is_set():
            self.asked.set()
            assert self.may_go_on.wait(PATIENCE_S)


@pytest.fixture
def gate() -> HoldingGate:
    return HoldingGate()


@pytest.fixture
async def runtime(transactional_db: None, gate: HoldingGate) -> AsyncIterator[Runtime]:
    made = Runtime(gate=gate)
    made.start()
    yield made
    gate.may_go_on.set()
    await made.stop()


TransportApp = Callable[[Runtime], Any]
TRANSPORTS: dict[str, TransportApp] = {
    "long-poll": lambda runtime: long_poll(runtime=runtime, view_factory=any_topics),
    "sse": lambda runtime: sse(runtime=runtime, view_factory=any_topics),
}


@pytest.fixture(params=list(TRANSPORTS.values()), ids=list(TRANSPORTS))
def transport(request: pytest.FixtureRequest) -> TransportApp:
    made: TransportApp = request.param
    return made


def headers_of(request: Request) -> dict[bytes, bytes]:
    return dict(request.sent[0]["headers"])


def body_of(request: Request) -> bytes:
    return b"".join(message.get("body", b"") for message in request.sent[1:])


async def ends(request: Request) -> None:
    """Wait for the end of the answer, which does not need the application to have returned."""
    await request.until(lambda: bool(request.sent) and request.sent[-1].get("more_body") is False)


async def during(held: Callable[[], Awaitable[object]], runtime: Runtime) -> None:
    """Begin the drain once the client is held."""
    await held()
    await runtime.drain()


@pytest.mark.parametrize("since", ["", "&since=0", "&since=5"])
async def test_a_poll_that_reads_the_log_is_told_no_position(runtime: Runtime, since: str) -> None:
    await written("gates/1", 7)
    has_read, may_go_on = GATES.hold(USER)
    request = Request(long_poll(runtime=runtime, view_factory=any_topics), WAITS + since)
    # Twice: when it is let in, and with the log.
    await in_thread(has_read.wait, PATIENCE_S)
    read_again, may_go_on_again = GATES.hold(USER)
    may_go_on.set()
    await during(lambda: in_thread(read_again.wait, PATIENCE_S), runtime)
    assert await request.refused() == (503, "DRAINING", b"1")
    assert b"realtime-position" not in headers_of(request)
    may_go_on_again.set()
    await request.task


async def test_a_stream_that_reads_the_log_ends_without_an_id(runtime: Runtime) -> None:
    await written("gates/1", 7)
    has_read, may_go_on = GATES.hold(USER)
    request = Request(sse(runtime=runtime, view_factory=any_topics), f"{QUERY}&since=5")
    await in_thread(has_read.wait, PATIENCE_S)
    read_again, may_go_on_again = GATES.hold(USER)
    may_go_on.set()
    await during(lambda: in_thread(read_again.wait, PATIENCE_S), runtime)
    await ends(request)
    may_go_on_again.set()
    await request.task
    assert request.sent[0]["status"] == 200
    assert b"id:" not in body_of(request)


async def test_who_is_still_being_admitted_is_answered_at_once(
    runtime: Runtime, gate: HoldingGate, transport: TransportApp
) -> None:
    gate.hold()
    request = Request(transport(runtime), WAITS)
    await during(lambda: in_thread(gate.asked.wait, PATIENCE_S), runtime)
    assert await request.refused() == (503, "DRAINING", b"1")
    await request.task


async def test_who_is_being_asked_for_by_the_policy_is_answered_at_once(
    runtime: Runtime, transport: TransportApp
) -> None:
    has_read, may_go_on = GATES.hold(USER)
    request = Request(transport(runtime), WAITS)
    await during(lambda: in_thread(has_read.wait, PATIENCE_S), runtime)
    assert await request.refused() == (503, "DRAINING", b"1")
    may_go_on.set()
    await request.task
    # It is counted no longer.
    assert runtime.polls.enter(USER, 1)


async def test_who_comes_during_a_drain_is_answered_at_once(
    runtime: Runtime, transport: TransportApp
) -> None:
    await runtime.drain()
    assert await Request(transport(runtime), WAITS).refused() == (503, "DRAINING", b"1")


async def test_a_poll_that_waits_is_told_how_far_it_came(runtime: Runtime) -> None:
    [*_, last] = await written("gates/1", 3)
    request = Request(long_poll(runtime=runtime, view_factory=any_topics), f"{WAITS}&since=3")
    await Connections(runtime).until_live()
    await runtime.drain()
    await request.task
    assert (request.sent[0]["status"], body_of(request)) == (200, b"[]")
    position = headers_of(request)[b"realtime-position"].decode()
    assert position == str(Position(last.epoch, 3))


class Connections:
    """Looks at what the hub has."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def until_live(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                feeds = self._runtime.hub.feeds.values()
                followers = [one for feed in feeds for one in feed.subscriptions()]
                if any(one.buffer is None for one in followers):
                    return
                await asyncio.sleep(0)


# --- sockets ----------------------------------------------------------------------------------


class Socket(Watched):
    """One message-based connection without a network."""

    def __init__(self, runtime: Runtime, query: str, subprotocol: str | None = None) -> None:
        super().__init__()
        self.writer = RecordingWriter()
        scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": query.encode()}
        self.talk = Conversation(
            runtime=runtime,
            scope=scope,
            writer=self.writer,
            transport="test",
            subprotocol=subprotocol,
        )

    async def closes(self) -> tuple[int, str]:
        await self.writer.until(lambda: self.writer.closed is not None)
        assert self.writer.closed is not None
        return self.writer.closed

    @property
    def kinds(self) -> list[str]:
        return [json.loads(frame.text)["type"] for frame in self.writer.frames]


async def test_a_socket_that_is_still_being_admitted_is_sent_elsewhere(
    runtime: Runtime, gate: HoldingGate
) -> None:
    gate.hold()
    socket = Socket(runtime, QUERY, "bellwire.json")
    opening = asyncio.create_task(socket.talk.open())
    await during(lambda: in_thread(gate.asked.wait, PATIENCE_S), runtime)
    assert await socket.closes() == (1012, "Draining")
    gate.may_go_on.set()
    await opening
    assert socket.talk.connection is None
    assert socket.writer.frames == []
    await socket.talk.ended()


async def test_a_socket_that_has_not_said_what_it_speaks_is_sent_elsewhere(
    runtime: Runtime,
) -> None:
    socket = Socket(runtime, QUERY)
    await socket.talk.open()
    await runtime.drain()
    assert await socket.closes() == (1012, "Draining")
    await socket.talk.ended()


async def test_a_stomp_client_whose_connect_is_looked_at_is_sent_elsewhere(
    runtime: Runtime, gate: HoldingGate
) -> None:
    socket = Socket(runtime, "", "v12.stomp")
    await socket.talk.open()
    gate.hold()
    headers = (("accept-version", "1.2"), ("Authorization", f"Bearer {USER}"))
    connect = encode(StompFrame("CONNECT", headers, b""), Version.V12)
    connecting = asyncio.create_task(socket.talk.receive(connect))
    await during(lambda: in_thread(gate.asked.wait, PATIENCE_S), runtime)
    assert await socket.closes() == (1012, "Draining")
    gate.may_go_on.set()
    await connecting
    assert socket.talk.connection is None
    [reported] = [frame.text for frame in socket.writer.frames]
    assert reported.startswith("ERROR")
    await socket.talk.ended()


async def test_a_socket_that_subscribes_is_told_no_position(runtime: Runtime) -> None:
    await written("gates/1", 7)
    socket = Socket(runtime, QUERY, "bellwire.json")
    await socket.talk.open()
    has_read, may_go_on = GATES.hold(USER)
    ask = {"type": "subscribe", "data": {"topic": "gates/1", "offset": 5}}
    asking = asyncio.create_task(socket.talk.receive(json.dumps(ask).encode()))
    await during(lambda: in_thread(has_read.wait, PATIENCE_S), runtime)
    assert await socket.closes() == (1012, "Draining")
    may_go_on.set()
    await asking
    assert socket.kinds == ["connected"]
    assert runtime.hub.feeds == {}
    await socket.talk.ended()


async def test_connected_stomp_client_is_served_until_its_turn_to_be_disconnected(
    runtime: Runtime, limited: Callable[..., None]
) -> None:
    # Two steps, of which the second does not come.
    limited(drain_s=28_800, drain_spread_s=7_200, drain_step_s=3_600)
    first, second = (Socket(runtime, "", "v12.stomp") for _ in range(2))
    headers = (("accept-version", "1.2"), ("Authorization", f"Bearer {USER}"))
    for socket in (first, second):
        await socket.talk.open()
        await socket.talk.receive(encode(StompFrame("CONNECT", headers, b""), Version.V12))
    draining = asyncio.create_task(runtime.drain())
    assert await first.closes() == (1012, "Draining")

    ask = (("id", "1"), ("destination", "/topic/none"), ("receipt", "r"))
    await second.talk.receive(encode(StompFrame("UNSUBSCRIBE", ask, b""), Version.V12))

    assert second.writer.closed is None
    assert "receipt-id:r" in second.writer.frames[-1].text
    await cancelled([draining])
    for socket in (first, second):
        await socket.talk.ended()
