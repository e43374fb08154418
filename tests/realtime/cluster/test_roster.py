"""Who is connected: one suite for one process and for Redis, then what only Redis can do."""

import asyncio
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Collection
from typing import Any, cast

import pytest
from pytest_django import Settings
from redis.asyncio import Redis

from realtime.cluster import roster
from realtime.cluster.leases import heartbeat_key
from realtime.cluster.redis_health import RedisHealth
from realtime.cluster.roster import (
    Listed,
    Reach,
    Roster,
    RosterKeys,
)
from realtime.cluster.roster_page import PER_PAGE, show
from realtime.database.executor import in_thread
from realtime.fanout.hub import Hub
from realtime.fanout.roster_writer import CHUNK, RosterWriter, list_connections
from realtime.protocols.json.envelope import envelope
from realtime.registries.stream_views import StreamView
from realtime.transports.sse import Stream
from tests.realtime.actors import RecordingWriter, SessionClient, principal
from tests.realtime.cluster.test_leases import eventually
from tests.support.deadlines import PATIENCE_S, cancelled
from tests.support.kinds import Surroundings
from tests.support.parts import RedisServer

ALICE, BOB = 1, 2


def _ignore(_: object) -> None:
    """Nobody follows any topic here."""


class Instance:
    """A hub with connections on it, of which others may read."""

    def __init__(self, name: str, writer: RosterWriter | None = None) -> None:
        self.name = name
        self.hub = Hub(follow=_ignore, forget=_ignore)
        self.writer = writer

    def connect(self, user_id: int) -> SessionClient:
        return SessionClient(self.hub, principal(user_id))

    def stream(self, user_id: int) -> Stream:
        return Stream(
            principal=principal(user_id),
            connection_id=uuid.uuid4().hex,
            hub=self.hub,
            writer=cast(Any, RecordingWriter()),
            stream_view=StreamView((), envelope),
        )

    async def list_connections(self) -> list[Listed]:
        return await list_connections(list(self.hub.connections.values()), instance=self.name)

    async def read(self) -> Roster:
        """What anybody reads once the instance has written."""
        if self.writer is not None:
            await self.writer.write()
        return await in_thread(roster.read)


class Instances:
    """Of one deployment. Whoever reads is a process of its own, which has no connections."""

    def __init__(self, urls: list[str], settings: Settings) -> None:
        self.prefix = f"test-{uuid.uuid4().hex[:12]}"
        self.keys = RosterKeys(self.prefix, urls)
        self.redis = Redis.from_url(self.keys.url)
        self._made: list[Instance] = []
        settings.REDIS_URLS = urls
        settings.BELLWIRE_REDIS_PREFIX = self.prefix

    async def add(self, name: str) -> Instance:
        """One whose heart has beaten."""
        made = Instance(name)
        made.writer = RosterWriter(
            keys=self.keys,
            instance=name,
            health=RedisHealth(),
            list_connections=made.list_connections,
        )
        await self.redis.set(heartbeat_key(self.prefix, name), "1", ex=60)
        self._made.append(made)
        return made

    async def kill(self, name: str) -> None:
        """It says nothing more, and its sign of life runs out."""
        await self.redis.delete(heartbeat_key(self.prefix, name))

    async def end(self) -> None:
        for made in self._made:
            assert made.writer is not None
            await made.writer.close()
        await self.redis.aclose()


@pytest.fixture
async def instances(around: Surroundings, settings: Settings) -> AsyncIterator[Instances]:
    made = Instances([around.redis_url], settings)
    yield made
    await made.end()


@pytest.fixture(params=["local", pytest.param("redis", marks=pytest.mark.full_only)])
async def instance(
    request: pytest.FixtureRequest, around: Surroundings, settings: Settings
) -> AsyncIterator[Instance]:
    """One instance that is read: in its own process, or from another by way of Redis."""
    if request.param == "redis":
        instances = Instances([around.redis_url], settings)
        yield await instances.add("one")
        await instances.end()
        return
    settings.REDIS_URLS = []
    made = Instance("one")
    loop = asyncio.get_running_loop()
    roster.set_local_source(
        "one",
        lambda: asyncio.run_coroutine_threadsafe(made.list_connections(), loop).result(PATIENCE_S),
    )
    yield made
    roster.set_local_source("one", None)


def ids(clients: Collection[SessionClient]) -> set[str]:
    return {client.session.connection_id for client in clients}


def listed(found: Roster) -> list[str]:
    return [one.connection_id for one in found.connections]


# --- both ---------------------------------------------------------------------------------------


async def test_a_connection_is_listed_with_who_what_where_and_since_when(
    instance: Instance,
) -> None:
    before = time.time()
    client = instance.connect(ALICE)
    client.session.seen += 5
    found = await instance.read()
    [one] = found.connections
    assert (one.user_id, one.username, one.transport, one.instance) == (1, "user1", "test", "one")
    assert one.connection_id == client.session.connection_id
    assert before - 0.01 < one.since < time.time() + 0.01
    assert one.seen is not None
    assert 4.9 < one.seen - one.since < 5.1
    assert found.reach is Reach.ALL


async def test_one_who_has_gone_is_not_listed(instance: Instance) -> None:
    stays, goes = instance.connect(ALICE), instance.connect(ALICE)
    assert set(listed(await instance.read())) == ids([stays, goes])
    goes.session.ended()
    assert set(listed(await instance.read())) == ids([stays])
    stays.session.ended()
    assert listed(await instance.read()) == []


async def test_a_stream_is_not_seen_again(instance: Instance) -> None:
    stream = instance.stream(BOB)
    [one] = (await instance.read()).connections
    assert (one.connection_id, one.transport, one.seen) == (stream.connection_id, "sse", None)
    stream.ended()


async def test_however_many_they_are_each_is_listed_once(instance: Instance) -> None:
    clients = [instance.connect(number) for number in range(2 * CHUNK + 1)]
    found = listed(await instance.read())
    assert len(found) == len(clients)
    assert set(found) == ids(clients)
    for client in clients[1:]:
        client.session.ended()
    assert listed(await instance.read()) == [clients[0].session.connection_id]


# --- Redis --------------------------------------------------------------------------------------


@pytest.mark.full_only
async def test_two_instances_are_shown_together_and_ones_own_as_they_are_now(
    instances: Instances,
) -> None:
    one, two = await instances.add("one"), await instances.add("two")
    first, second = one.connect(ALICE), two.connect(BOB)
    await one.read()
    await two.read()
    first.session.ended()
    latest = one.connect(ALICE)
    mine = await one.list_connections()
    roster.set_local_source("one", lambda: mine)
    try:
        found = await in_thread(roster.read)
    finally:
        roster.set_local_source("one", None)
    assert found.instance == "one"
    assert listed(found) == [latest.session.connection_id, second.session.connection_id]


@pytest.mark.full_only
async def test_a_killed_instances_connections_are_not_shown(instances: Instances) -> None:
    one, two = await instances.add("one"), await instances.add("two")
    one.connect(ALICE)
    left = two.connect(BOB)
    await one.read()
    assert len((await two.read()).connections) == 2
    await instances.kill("one")
    assert listed(await two.read()) == [left.session.connection_id]


@pytest.mark.full_only
async def test_an_instance_that_stops_takes_its_own_away(instances: Instances) -> None:
    one = await instances.add("one")
    one.connect(ALICE)
    assert len((await one.read()).connections) == 1
    assert one.writer is not None
    await one.writer.close()
    assert listed(await in_thread(roster.read)) == []
    assert await instances.redis.keys(f"{instances.prefix}:roster*") == []


@pytest.mark.full_only
async def test_what_a_killed_instance_has_written_goes_by_itself(instances: Instances) -> None:
    one = await instances.add("one")
    one.connect(ALICE)
    await one.read()
    assert 0 < await instances.redis.ttl(instances.keys.of("one")) <= 60


@pytest.mark.full_only
async def test_another_deployments_connections_are_not_shown(
    instances: Instances, around: Surroundings, settings: Settings
) -> None:
    other = Instances([around.redis_url], settings)
    one, foreign = await instances.add("one"), await other.add("two")
    mine = one.connect(ALICE)
    theirs = foreign.connect(BOB)
    await one.read()
    assert listed(await foreign.read()) == [theirs.session.connection_id]
    settings.BELLWIRE_REDIS_PREFIX = instances.prefix
    assert listed(await one.read()) == [mine.session.connection_id]
    await other.end()


@pytest.mark.full_only
async def test_what_another_version_has_written_is_left_out(instances: Instances) -> None:
    one, two = await instances.add("one"), await instances.add("two")
    one.connect(ALICE)
    mine = two.connect(BOB)
    await one.read()
    await instances.redis.hset(instances.keys.of("one"), "0", '[["too", "short"]]')
    assert listed(await two.read()) == [mine.session.connection_id]
    await instances.redis.hset(instances.keys.of("one"), "0", "no JSON")
    assert listed(await two.read()) == [mine.session.connection_id]


@pytest.mark.full_only
async def test_of_too_many_a_part_is_shown_and_said_to_be_one(
    instances: Instances, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "MOST", 3)
    one = await instances.add("one")
    for user_id in range(5):
        one.connect(user_id)
    found = await one.read()
    assert len(found.connections) == 3
    assert found.reach is Reach.PART


@pytest.mark.full_only
@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_while_redis_is_away_this_processs_own_are_shown(
    redis_server: RedisServer, settings: Settings, limited: Callable[..., None], how: str
) -> None:
    instances = Instances([redis_server.url], settings)
    one = await instances.add("one")
    mine = one.connect(ALICE)
    await one.read()
    own = await one.list_connections()
    await in_thread(redis_server.stop if how == "stopped" else redis_server.freeze)
    roster.set_local_source("one", lambda: own)
    limited(redis_wait_s=0.1)
    try:
        found = await in_thread(roster.read)
    finally:
        roster.set_local_source("one", None)
        redis_server.thaw()
        await instances.end()
    assert listed(found) == [mine.session.connection_id]
    assert found.reach is Reach.OWN


async def test_a_question_that_is_not_answered_is_asked_once(
    settings: Settings, limited: Callable[..., None]
) -> None:
    limited(redis_wait_s=0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.REDIS_URLS = [f"redis://127.0.0.1:{mute.getsockname()[1]}"]
        assert (await in_thread(roster.read)).reach is Reach.OWN
        mute.setblocking(False)
        mute.accept()[0].close()
        with pytest.raises(BlockingIOError):
            mute.accept()


@pytest.mark.full_only
async def test_a_writer_whose_redis_comes_back_writes_again(
    redis_server: RedisServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.fanout.roster_writer.WRITE_S", 0.01)
    instances = Instances([redis_server.url], settings)
    one = await instances.add("one")
    assert one.writer is not None
    one.connect(ALICE)
    at_work = asyncio.create_task(one.writer.run())
    await in_thread(redis_server.stop)
    await in_thread(redis_server.start)
    await eventually(lambda: instances.redis.exists(instances.keys.of("one")))
    assert not at_work.done()
    await cancelled([at_work])
    await instances.end()


# --- a page of it -------------------------------------------------------------------------------


def at(number: int, **other: Any) -> Listed:
    values: dict[str, Any] = {
        "connection_id": f"{number:032x}",
        "user_id": number,
        "username": f"user{number}",
        "transport": "websocket",
        "instance": "one",
        "since": float(number),
        "seen": float(number),
    }
    return Listed(**values | other)


def roster_of(*connections: Listed) -> Roster:
    return Roster("one", connections, Reach.ALL)


def shown(*connections: Listed, **asked: str) -> list[int]:
    return [row.connection.user_id for row in show(roster_of(*connections), asked).rows]


def test_the_newest_come_first() -> None:
    assert shown(at(2), at(3), at(1)) == [3, 2, 1]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "ALIC"}, [1]),
        ({"q": "2"}, [2]),
        ({"q": f"{3:032x}"}, [3]),
        ({"q": "two"}, [3]),
        ({"q": "tw"}, []),
        ({"transport": "sse"}, [2]),
        ({"instance": "one", "transport": "sse"}, [2]),
        ({"instance": "two", "transport": "sse"}, []),
        ({"q": " ", "transport": "", "nonsense": "x"}, [3, 2, 1]),
    ],
)
def test_it_is_searched_and_filtered(asked: dict[str, str], found: list[int]) -> None:
    rows = [at(1, username="alice"), at(2, transport="sse", username="b"), at(3, instance="two")]
    assert shown(*rows, **asked) == found


def test_filters_count_what_they_would_show() -> None:
    rows = [at(1), at(2), at(3, transport="sse"), at(4, transport="sse", instance="two")]
    filters: dict[str, Callable[..., Any]] = dict(
        show(roster_of(*rows), {"transport": "sse"}).filters  # type: ignore[arg-type]
    )
    transports = [(one.value, one.count, one.chosen) for one in filters["transport"]]  # type: ignore[attr-defined]
    assert transports == [("", 4, False), ("sse", 2, True), ("websocket", 2, False)]
    instances = [(one.value, one.count, one.query) for one in filters["instance"]]  # type: ignore[attr-defined]
    assert instances == [
        ("", 2, "transport=sse"),
        ("one", 1, "transport=sse&instance=one"),
        ("two", 1, "transport=sse&instance=two"),
    ]


@pytest.mark.parametrize(
    ("page", "first"), [("1", 250), ("3", 50), ("9", 50), ("-1", 50), ("x", 250)]
)
def test_long_lists_come_in_pages(page: str, first: int) -> None:
    rows = [at(number) for number in range(1, 251)]
    found = shown(*rows, p=page)
    assert found[0] == first
    assert len(found) <= PER_PAGE
