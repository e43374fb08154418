"""How many connections a user has: one suite for both counts, then what only Redis can do."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from redis import ConnectionError as RedisConnectionError
from redis.asyncio import Redis

from realtime.cluster import redis_health
from realtime.cluster.leases import (
    INSTANCE_TTL_MS,
    Leases,
    LocalLeases,
    RedisLeases,
)
from realtime.cluster.redis_health import RedisHealth
from realtime.database.executor import in_thread
from tests.support.deadlines import PATIENCE_S, cancelled
from tests.support.kinds import Surroundings
from tests.support.parts import RedisServer

LIMIT = 5
ALICE, BOB = 1, 2
HOUR_S = 3600.0


async def holds(leases: Leases, user_id: int, *names: str) -> list[bool]:
    """Ask for a lease under each name. Returns the answers."""
    return [await leases.acquire(user_id, name, None) for name in names]


async def eventually(holds_true: Callable[[], Awaitable[Any]]) -> None:
    """Ask until it is so: for what another program does in its own time."""
    for pause_s in itertools.chain([0.0], itertools.repeat(0.02, int(PATIENCE_S / 0.02))):
        await asyncio.sleep(pause_s)
        # A connection from before Redis was restarted is found broken once.
        with suppress(RedisConnectionError):
            if await holds_true():
                return
    raise AssertionError("it did not come to be")


class Health(RedisHealth):
    """Remembers why Redis was found away, each time that it was."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[BaseException] = []

    def failed(self, error: BaseException) -> None:
        self.errors.append(error)
        super().failed(error)


class Instances:
    """Several instances of one deployment, and the Redis that they share."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.prefix = f"test-{uuid.uuid4().hex[:12]}"
        self.redis = Redis.from_url(url)
        self.health: dict[str, Health] = {}
        self._made: list[RedisLeases] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def add(self, name: str) -> RedisLeases:
        """An instance whose heart beats."""
        leases = RedisLeases(
            url=self.url,
            instance=name,
            limit=LIMIT,
            health=self.health.setdefault(name, Health()),
            prefix=self.prefix,
        )
        self._made.append(leases)
        self._tasks[name] = asyncio.create_task(leases.run())
        await eventually(lambda: self.redis.exists(self.heartbeat(name)))
        return leases

    def heartbeat(self, name: str) -> str:
        return f"{self.prefix}:instance:{name}"

    async def kill(self, name: str) -> None:
        """It says nothing more; its heartbeat runs out."""
        await cancelled([self._tasks.pop(name)])
        await self.redis.delete(self.heartbeat(name))

    async def forget(self) -> None:
        """Redis lost everything of this deployment."""
        if keys := await self.redis.keys(f"{self.prefix}:*"):
            await self.redis.delete(*keys)

    async def end(self) -> None:
        assert not any(task.done() for task in self._tasks.values())
        await cancelled(self._tasks.values())
        for leases in self._made:
            await leases.close()
        await self.redis.aclose()


@pytest.fixture
async def instances(around: Surroundings) -> AsyncIterator[Instances]:
    made = Instances(around.redis_url)
    yield made
    await made.forget()
    await made.end()


@pytest.fixture
async def on_its_own_redis(
    redis_server: RedisServer, limited: Callable[..., None]
) -> AsyncIterator[Instances]:
    """Instances on a Redis that may be stopped and frozen, and is not waited for long."""
    limited(redis_wait_s=1.0)
    made = Instances(redis_server.url)
    yield made
    redis_server.thaw()
    await made.end()


@pytest.fixture(params=["local", pytest.param("redis", marks=pytest.mark.full_only)])
async def leases(request: pytest.FixtureRequest, around: Surroundings) -> AsyncIterator[Leases]:
    if request.param == "local":
        yield LocalLeases(limit=LIMIT)
        return
    instances = Instances(around.redis_url)
    yield await instances.add("one")
    await instances.forget()
    await instances.end()


# --- both --------------------------------------------------------------------------------------


async def test_the_sixth_is_refused_and_another_user_is_not(leases: Leases) -> None:
    assert await holds(leases, ALICE, *"abcdef") == [True] * 5 + [False]
    assert await holds(leases, BOB, *"abcdef") == [True] * 5 + [False]


async def test_a_release_makes_room_for_one(leases: Leases) -> None:
    await holds(leases, ALICE, *"abcde")
    await leases.release(ALICE, "b")
    assert await holds(leases, ALICE, *"fg") == [True, False]


async def test_releasing_twice_makes_room_for_one(leases: Leases) -> None:
    await holds(leases, ALICE, *"abcde")
    await leases.release(ALICE, "b")
    await leases.release(ALICE, "b")
    assert await holds(leases, ALICE, *"fg") == [True, False]


async def test_releasing_what_was_never_held_makes_no_room(leases: Leases) -> None:
    await leases.release(ALICE, "a")
    await holds(leases, ALICE, *"abcde")
    await leases.release(ALICE, "z")
    await leases.release(BOB, "a")
    assert await holds(leases, ALICE, "f") == [False]


async def test_the_refused_one_holds_nothing(leases: Leases) -> None:
    assert await holds(leases, ALICE, *"abcdef") == [True] * 5 + [False]
    await leases.release(ALICE, "f")
    assert await holds(leases, ALICE, "g") == [False]


async def test_asking_twice_counts_once(leases: Leases) -> None:
    assert await holds(leases, ALICE, *"aaaaaaa") == [True] * 7
    assert await holds(leases, ALICE, *"bcdef") == [True] * 4 + [False]


async def test_a_reconnect_takes_the_place_of_its_old_connection_at_once(leases: Leases) -> None:
    await holds(leases, ALICE, *"abcde")
    assert await leases.acquire(ALICE, "f", "b")
    assert await holds(leases, ALICE, "g") == [False]
    # The old one ends at last, which must not free the new one's place.
    await leases.release(ALICE, "b")
    assert await holds(leases, ALICE, "g") == [False]
    await leases.release(ALICE, "f")
    assert await holds(leases, ALICE, "g") == [True]


async def test_a_reconnect_counts_once_below_the_limit_too(leases: Leases) -> None:
    await holds(leases, ALICE, *"abc")
    assert await leases.acquire(ALICE, "d", "a")
    assert await holds(leases, ALICE, *"efg") == [True, True, False]


async def test_nobody_takes_the_place_of_another_users_connection(leases: Leases) -> None:
    await holds(leases, ALICE, *"abcde")
    await holds(leases, BOB, *"vwxyz")
    assert not await leases.acquire(BOB, "new", "a")
    assert await holds(leases, ALICE, "f") == [False]
    await leases.release(BOB, "v")
    assert await leases.acquire(BOB, "new", "a")
    assert await holds(leases, ALICE, "f") == [False]


async def test_the_place_of_a_connection_that_is_not_there_is_nobodys(leases: Leases) -> None:
    await holds(leases, ALICE, *"abcd")
    assert await leases.acquire(ALICE, "e", "never")
    assert not await leases.acquire(ALICE, "f", "never")


async def test_of_many_at_once_five_get_in(leases: Leases) -> None:
    answers = await asyncio.gather(*(leases.acquire(ALICE, f"c{n}", None) for n in range(40)))
    assert sum(answers) == LIMIT


# --- Redis -------------------------------------------------------------------------------------


@pytest.mark.full_only
async def test_two_instances_count_together(instances: Instances) -> None:
    one, two = await instances.add("one"), await instances.add("two")
    assert await holds(one, ALICE, *"abc") == [True] * 3
    assert await holds(two, ALICE, *"def") == [True, True, False]
    assert await holds(one, ALICE, "g") == [False]
    await one.release(ALICE, "a")
    assert await holds(two, ALICE, "f") == [True]


@pytest.mark.full_only
async def test_a_reconnect_to_another_instance_takes_its_place(instances: Instances) -> None:
    one, two = await instances.add("one"), await instances.add("two")
    await holds(one, ALICE, *"abcde")
    assert await two.acquire(ALICE, "f", "a")
    await one.release(ALICE, "a")
    assert await holds(one, ALICE, "g") == [False]
    assert await holds(two, ALICE, "g") == [False]


@pytest.mark.full_only
async def test_a_killed_instances_connections_stop_counting(instances: Instances) -> None:
    one, two = await instances.add("one"), await instances.add("two")
    await holds(one, ALICE, *"abcde")
    assert await holds(two, ALICE, "f") == [False]
    left_ms = await instances.redis.pttl(instances.heartbeat("one"))
    assert 0 < left_ms <= INSTANCE_TTL_MS <= 5_000
    await instances.kill("one")
    assert await holds(two, ALICE, *"fghijk") == [True] * 5 + [False]


@pytest.mark.full_only
async def test_an_instance_that_stops_gives_everything_back_at_once(instances: Instances) -> None:
    one, two = await instances.add("one"), await instances.add("two")
    await holds(one, ALICE, *"abcde")
    await one.close()
    assert await holds(two, ALICE, "f") == [True]
    # Its task would beat again; a process that stops has ended it before.
    await instances.kill("one")


@pytest.mark.full_only
async def test_what_redis_lost_is_written_again_with_the_next_beat(instances: Instances) -> None:
    one, two = await instances.add("one"), await instances.add("two")
    await holds(one, ALICE, *"abc")
    await holds(one, BOB, *"abcde")
    await holds(two, ALICE, *"de")
    await instances.forget()
    await eventually(lambda: all_refused((one, ALICE), (two, ALICE), (two, BOB)))


async def all_refused(*asked: tuple[Leases, int]) -> bool:
    """Whether each of these users has no place left. Takes none."""
    for leases, user_id in asked:
        if await leases.acquire(user_id, "probe", None):
            await leases.release(user_id, "probe")
            return False
    return True


@pytest.mark.full_only
async def test_the_leases_of_those_who_never_come_back_run_out(instances: Instances) -> None:
    one = await instances.add("one")
    await holds(one, ALICE, "a")
    key = f"{instances.prefix}:connections:{ALICE}"
    assert 24 * 3600 < await instances.redis.ttl(key) <= 30 * 24 * 3600


@pytest.mark.full_only
@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_while_redis_is_away_each_instance_counts_by_itself_and_nobody_waits(
    on_its_own_redis: Instances,
    redis_server: RedisServer,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = await on_its_own_redis.add("one"), await on_its_own_redis.add("two")
    await holds(one, ALICE, *"abc")
    # Who has found out does not try again during this test, however long it takes.
    monkeypatch.setattr(redis_health, "REST_S", HOUR_S)
    await in_thread(redis_server.stop if how == "stopped" else redis_server.freeze)
    assert await holds(one, ALICE, *"def") == [True, True, False]
    assert await holds(two, ALICE, *"ghijkl") == [True] * 5 + [False]
    for name in "defghijkl":
        await one.release(BOB, name)
    # Eighteen calls: each instance has waited once, and once more if its heart beat just then.
    for found in on_its_own_redis.health.values():
        assert 1 <= len(found.errors) <= 2
        if how == "frozen":
            # It was our patience that ended, not the client's of 2 s.
            assert {type(error) for error in found.errors} == {TimeoutError}


@pytest.mark.full_only
async def test_after_redis_has_come_back_empty_everybody_counts_again(
    on_its_own_redis: Instances, redis_server: RedisServer
) -> None:
    one, two = await on_its_own_redis.add("one"), await on_its_own_redis.add("two")
    await holds(one, ALICE, *"abc")
    await in_thread(redis_server.stop)
    await holds(two, ALICE, *"de")
    await in_thread(redis_server.start)
    await eventually(lambda: all_refused((one, ALICE), (two, ALICE)))


@pytest.mark.full_only
async def test_what_was_leased_during_a_short_outage_counts_when_it_is_over(
    on_its_own_redis: Instances, redis_server: RedisServer
) -> None:
    one, two = await on_its_own_redis.add("one"), await on_its_own_redis.add("two")
    await in_thread(redis_server.freeze)
    assert await holds(one, ALICE, *"abcde") == [True] * 5
    # Before the instances' heartbeats have run out.
    await in_thread(redis_server.thaw)
    await eventually(lambda: all_refused((two, ALICE)))


@pytest.mark.full_only
@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_a_release_while_redis_is_away_is_made_good(
    on_its_own_redis: Instances, redis_server: RedisServer, how: str
) -> None:
    one, two = await on_its_own_redis.add("one"), await on_its_own_redis.add("two")
    await holds(one, ALICE, *"abcde")
    await in_thread(redis_server.stop if how == "stopped" else redis_server.freeze)
    await one.release(ALICE, "a")
    await one.release(ALICE, "b")
    await in_thread(redis_server.start if how == "stopped" else redis_server.thaw)
    key = f"{on_its_own_redis.prefix}:connections:{ALICE}"

    async def three_left() -> bool:
        return sorted(await on_its_own_redis.redis.hkeys(key)) == [b"c", b"d", b"e"]

    await eventually(three_left)
    await eventually(lambda: on_its_own_redis.redis.exists(on_its_own_redis.heartbeat("two")))
    assert await holds(two, ALICE, *"fgh") == [True, True, False]
