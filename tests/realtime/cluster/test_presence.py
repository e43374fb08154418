"""Who is looking: one suite for a process alone and for instances that share a Redis."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

from realtime.cluster import presence
from realtime.cluster.presence import Presence, RedisShared
from realtime.cluster.redis_health import RedisHealth
from realtime.conf import conf
from realtime.protocol.messages import State, Topic
from tests.e2e.deadlines import eventually
from tests.realtime.actors import Watched
from tests.support.deadlines import cancelled
from tests.support.kinds import Surroundings
from tests.support.parts import RedisServer

TOPIC = Topic("rooms/1")
ALICE, BOB = 1, 2


class Instance(Watched):
    """One process: what its subscribers were told, and whom it woke up."""

    def __init__(self, shared: RedisShared | None, others: "list[Instance]") -> None:
        super().__init__()
        self.reported: list[tuple[int, str]] = []
        self.shared = shared
        self._others = others
        self.presence = Presence(
            send_states=self._send_states,
            send_refresh=self._send_refresh,
            shared=shared,
            health=RedisHealth(),
        )
        works = (self.presence.run, self.presence.sweep)
        self._tasks = [asyncio.create_task(work()) for work in works]

    def online(self) -> list[int]:
        return sorted(self.presence.get_users_from_thread(TOPIC))

    async def end(self) -> None:
        await self.stop()
        await self.presence.close()

    async def stop(self) -> None:
        await cancelled(self._tasks)

    def _send_states(self, states: Sequence[State], exclude_user_id: int | None) -> None:
        for state in states:
            data: dict[str, Any] = orjson.loads(state.data)
            assert (state.topic, state.type, data["user_id"]) == (
                TOPIC,
                "presence",
                exclude_user_id,
            )
            self.reported.append((data["user_id"], data["status"]))
        self.changed()

    def _send_refresh(self, topics: Sequence[Topic]) -> None:
        for other in self._others:
            if other is not self:
                other.presence.refresh(topics)


async def looks(instance: Instance, users: set[int]) -> None:
    """Wait until these are looking, for what no frame tells."""

    async def are_there() -> bool:
        return await instance.presence.get_users(TOPIC) == users

    await eventually(are_there, what=f"{users} looking")


# --- one process -----------------------------------------------------------------------------


@pytest.fixture
async def alone() -> AsyncIterator[Instance]:
    made = Instance(None, [])
    yield made
    await made.end()


async def test_all_tabs_of_a_user_are_one_presence(alone: Instance) -> None:
    alone.presence.arrive(TOPIC, BOB)
    for _ in range(3):
        alone.presence.arrive(TOPIC, ALICE)
    assert alone.reported == [(BOB, "online"), (ALICE, "online")]
    assert alone.online() == [ALICE, BOB]
    for _ in range(2):
        alone.presence.depart(TOPIC, ALICE)
    await asyncio.sleep(0)
    assert alone.online() == [ALICE, BOB]
    alone.presence.depart(TOPIC, ALICE)
    await alone.until(lambda: len(alone.reported) == 3)
    assert alone.reported[-1] == (ALICE, "offline")
    assert alone.online() == [BOB]


async def test_who_reloads_the_page_has_not_left(alone: Instance) -> None:
    alone.presence.arrive(TOPIC, BOB)
    alone.presence.arrive(TOPIC, ALICE)
    alone.presence.depart(TOPIC, ALICE)
    alone.presence.arrive(TOPIC, ALICE)
    alone.presence.depart(TOPIC, BOB)
    await alone.until(lambda: len(alone.reported) == 3)
    assert alone.reported == [(BOB, "online"), (ALICE, "online"), (BOB, "offline")]


async def test_when_the_last_one_has_left_nothing_is_kept(alone: Instance) -> None:
    alone.presence.arrive(TOPIC, ALICE)
    assert await alone.presence.get_users(TOPIC) == {ALICE}
    alone.presence.depart(TOPIC, ALICE)
    assert alone.online() == [ALICE]
    await looks(alone, set())
    assert not alone.presence._known


# --- several ---------------------------------------------------------------------------------


class Cluster:
    """Instances that share a Redis, until one is killed."""

    def __init__(self, url: str) -> None:
        self.prefix = f"test-{uuid.uuid4().hex[:12]}"
        self.redis: Any = Redis.from_url(url)
        self.members: list[Instance] = []
        self._url = url

    async def add(self) -> Instance:
        shared = RedisShared(
            url=self._url,
            instance=f"i{len(self.members)}",
            health=RedisHealth(),
            prefix=self.prefix,
        )
        await shared.heartbeat()
        self.members.append(Instance(shared, self.members))
        return self.members[-1]

    def beat_of(self, instance: Instance) -> str:
        return f"{self.prefix}:present:i{self.members.index(instance)}"

    async def kill(self, instance: Instance) -> None:
        """It says nothing more, and its heartbeat has run out."""
        await instance.stop()
        await self.redis.delete(self.beat_of(instance))


@pytest.fixture
async def cluster(around: Surroundings) -> AsyncIterator[Cluster]:
    made = Cluster(around.redis_url)
    yield made
    for member in made.members:
        await member.end()
    await made.redis.aclose()


@pytest.mark.full_only
async def test_a_user_on_two_instances_comes_once_and_leaves_with_the_last_tab(
    cluster: Cluster,
) -> None:
    one, other = await cluster.add(), await cluster.add()
    one.presence.arrive(TOPIC, BOB)
    one.presence.arrive(TOPIC, ALICE)
    other.presence.arrive(TOPIC, ALICE)
    await other.until(lambda: (BOB, "online") in other.reported)
    assert await other.presence.get_users(TOPIC) == {ALICE, BOB}
    other.presence.depart(TOPIC, ALICE)
    other.presence.arrive(TOPIC, 3)
    await one.until(lambda: (3, "online") in one.reported)
    one.presence.depart(TOPIC, ALICE)
    for each in (one, other):
        await each.until(lambda it=each: (ALICE, "offline") in it.reported)  # type: ignore[misc]
    assert one.reported == [(BOB, "online"), (ALICE, "online"), (3, "online"), (ALICE, "offline")]
    assert other.reported.count((ALICE, "online")) == 1
    assert other.reported.count((ALICE, "offline")) == 1
    assert one.online() == other.online() == [BOB, 3]


@pytest.mark.full_only
async def test_an_instance_where_nobody_looks_knows_who_does(cluster: Cluster) -> None:
    one, other = await cluster.add(), await cluster.add()
    one.presence.arrive(TOPIC, ALICE)
    await looks(other, {ALICE})
    assert await other.presence.get_users(TOPIC) == {ALICE}
    assert await asyncio.to_thread(other.presence.get_users_from_thread, TOPIC) == {ALICE}
    assert await other.presence.get_users(Topic("rooms/2")) == frozenset()


@pytest.mark.full_only
async def test_the_users_of_an_instance_whose_beat_has_run_out_are_gone(cluster: Cluster) -> None:
    one, doomed = await cluster.add(), await cluster.add()
    one.presence.arrive(TOPIC, ALICE)
    doomed.presence.arrive(TOPIC, ALICE)
    doomed.presence.arrive(TOPIC, BOB)
    await one.until(lambda: (BOB, "online") in one.reported)
    lifetime_ms = conf().presence_s * 1_000
    assert 0 < await cluster.redis.pttl(cluster.beat_of(doomed)) <= lifetime_ms
    await cluster.kill(doomed)
    one.presence.refresh([TOPIC])  # as the sweep does
    await one.until(lambda: (BOB, "offline") in one.reported)
    assert one.online() == [ALICE]
    assert (ALICE, "offline") not in one.reported


def test_a_killed_instances_users_are_gone_within_45_s() -> None:
    """docs/contract.md §7; tests/e2e/test_killed.py sees it happen, with a shorter life."""
    assert presence.HEARTBEATS % presence.SWEEPS == 0
    beat_s = conf().presence_s / presence.HEARTBEATS
    # It was killed right after a beat, and the others have just swept when that has run out. Every
    # question to Redis takes as long as it may, and the sweep finds an exchange under way.
    sweep_s = presence.HEARTBEATS / presence.SWEEPS * (beat_s + presence.CALL_S)
    exchange_s = presence.GATHER_S + 2 * presence.CALL_S
    assert conf().presence_s + sweep_s + 2 * exchange_s < 45


@pytest.mark.full_only
async def test_what_redis_has_forgotten_is_written_anew(cluster: Cluster) -> None:
    one, other = await cluster.add(), await cluster.add()
    one.presence.arrive(TOPIC, ALICE)
    await looks(other, {ALICE})
    await cluster.redis.delete(f"{cluster.prefix}:presence:{TOPIC}", cluster.beat_of(one))
    assert one.shared is not None
    assert not await one.shared.heartbeat()
    one.presence._write_anew()  # as the beat does then
    await looks(other, {ALICE})


@pytest.mark.full_only
async def test_while_redis_is_away_an_instance_knows_its_own(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "HEARTBEATS", 400)
    monkeypatch.setattr(presence, "RETRY_S", 0.05)
    cluster = Cluster(redis_server.url)
    one, other = await cluster.add(), await cluster.add()
    one.presence.arrive(TOPIC, 3)
    other.presence.arrive(TOPIC, BOB)
    await one.until(lambda: (BOB, "online") in one.reported)
    redis_server.stop()
    one.presence.arrive(TOPIC, ALICE)
    assert ALICE in await one.presence.get_users(TOPIC)
    # Whom it cannot ask about is not there.
    await one.until(lambda: (BOB, "offline") in one.reported)
    one.presence.depart(TOPIC, ALICE)
    await one.until(lambda: (ALICE, "offline") in one.reported)
    assert one.online() == [3]
    redis_server.start()
    await one.until(lambda: one.reported.count((BOB, "online")) == 2)
    await other.until(lambda: (3, "online") in other.reported)
    for member in cluster.members:
        await member.end()
    await cluster.redis.aclose()
