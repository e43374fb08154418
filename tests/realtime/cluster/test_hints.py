"""Hints: what one process tells the others, and how the channel layer carries it."""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest
import redis
from channels.layers import InMemoryChannelLayer, get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_redis.serializers import registry
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from realtime.cluster import hint_sender, hints
from realtime.cluster.hint_receiver import HintReceiver
from realtime.cluster.hint_sender import (
    PUBLISH_LAYER,
    SEND_S,
    HintSender,
    send_now,
)
from realtime.cluster.hints import (
    CHUNK_BYTES,
    EVENT_BYTES,
    EVERY_HUB,
    SEPARATE_TOPICS,
    group_of,
)
from realtime.cluster.redis_health import RedisHealth
from realtime.cluster.shards import group_channel, shard_of
from realtime.database.executor import in_thread
from realtime.protocol.messages import (
    EphemeralBroadcast,
    Publication,
    State,
    Topic,
    parse_topic,
)
from realtime.protocol.principal import Eviction
from tests.realtime.actors import Watched
from tests.support.deadlines import PATIENCE_S, cancelled
from tests.support.kinds import Surroundings
from tests.support.parts import RedisServer

# --- groups ----------------------------------------------------------------------------------

KINDS = st.text("az", min_size=1, max_size=32)
IDS = st.text("abcXYZ019._:-", min_size=1, max_size=128)
TOPICS = st.one_of(
    KINDS,
    st.builds("{}/{}".format, KINDS, IDS),
).map(Topic)
AWKWARD = [
    *(
        "a",
        "a/a",
        "a/a.a",
        "a/.",
        "a/..",
        "a/-",
        "a/_",
        "a/:",
        "a/::",
        "a/a:a",
        "topic/a",
        "hashed",
    ),
    *("bellwire/hubs", "hashed/" + "0" * 64, "users/" + "9" * 74, "users/" + "9" * 75),
    *("users/" + "9" * 128, "users/" + "9" * 127 + "8", "a" * 32 + "/" + "b" * 128),
]


@given(TOPICS)
async def test_every_topic_has_a_group_that_both_layers_accept(topic: Topic) -> None:
    assert parse_topic(topic) == topic
    group = group_of(topic)
    assert len(group) < 100
    layer = InMemoryChannelLayer()
    assert layer.require_valid_group_name(group)
    assert layer.require_valid_group_name(EVERY_HUB)


@given(TOPICS, TOPICS)
def test_no_two_topics_share_a_group(one: Topic, other: Topic) -> None:
    assert (group_of(one) == group_of(other)) == (one == other)
    assert group_of(one) != EVERY_HUB


def test_no_two_awkward_topics_share_a_group() -> None:
    topics = [topic for text in AWKWARD if (topic := parse_topic(text))]
    assert len(topics) == len(AWKWARD)
    groups = {group_of(topic) for topic in topics} | {EVERY_HUB}
    assert len(groups) == len(AWKWARD) + 1
    layer = InMemoryChannelLayer()
    assert all(layer.require_valid_group_name(group) for group in groups)


@pytest.mark.embedded_only
@pytest.mark.parametrize("topic", ["users/42", "users/auth0:x", "users/" + "9" * 128])
async def test_the_in_memory_layer_carries_every_group(topic: str) -> None:
    layer: Any = get_channel_layer("default")
    assert isinstance(layer, InMemoryChannelLayer)
    channel = await layer.new_channel()
    await layer.group_add(group_of(Topic(topic)), channel)
    await layer.group_send(group_of(Topic(topic)), {"type": "hint"})
    assert await layer.receive(channel) == {"type": "hint"}


# --- messages --------------------------------------------------------------------------------


def publication(topic: str = "things/1", offset: int = 1, size: int = 20) -> Publication:
    return Publication(Topic(topic), "a1b2c3d4e5f6", offset, "happened", b"x" * size, 1.5)


SERIALIZER = registry.get_serializer("msgpack")


def over_the_wire(message: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The message as the other process gets it, and its bytes on the way."""
    payload = SERIALIZER.serialize(message)
    received: dict[str, Any] = SERIALIZER.deserialize(payload)
    return received, len(payload)


def arrived(publications: list[Publication]) -> list[Publication]:
    """What a process hears that follows everything."""
    noted_hints = []
    for _, message in hints.messages("me", publications, []):
        received, size = over_the_wire(message)
        assert size <= CHUNK_BYTES
        assert received["type"] == "hint"
        assert received["origin"] == "me"
        noted_hints += hints.read(received)[0]
    return noted_hints


def test_a_few_topics_are_told_one_by_one_to_who_follows_them() -> None:
    publications = [
        publication(f"things/{n % SEPARATE_TOPICS}", n) for n in range(SEPARATE_TOPICS * 2)
    ]
    messages = list(hints.messages("me", publications, []))
    assert [group for group, _ in messages] == [
        group_of(Topic(f"things/{n}")) for n in range(SEPARATE_TOPICS)
    ]
    for _, message in messages:
        assert len({noted_hints.topic for noted_hints in hints.read(message)[0]}) == 1


def test_more_topics_are_told_to_every_hub_at_once() -> None:
    publications = [publication(f"things/{n}") for n in range(SEPARATE_TOPICS + 1)]
    [(group, message)] = hints.messages("me", publications, [])
    assert group == EVERY_HUB
    assert hints.read(over_the_wire(message)[0]) == (publications, [])


def test_what_is_read_is_what_was_told() -> None:
    publications = [publication("things/1", n, n * 7) for n in range(1, 30)]
    assert arrived(publications) == publications


@pytest.mark.parametrize("topics", [1, 10_000])
def test_10000_events_go_in_chunks(topics: int) -> None:
    publications = [publication(f"things/{n % topics}", n, 300) for n in range(10_000)]
    assert arrived(publications) == publications
    messages = list(hints.messages("me", publications, []))
    assert 10_000 * 300 // CHUNK_BYTES <= len(messages) <= 3 * 10_000 * 300 // CHUNK_BYTES


def test_long_names_count_as_well() -> None:
    topics = ["a" * 32 + "/" + f"{n:0128}" for n in range(10_000)]
    publications = [publication(topic, size=2) for topic in topics]
    assert arrived(publications) == publications


def test_an_event_that_is_too_large_is_told_by_its_offset() -> None:
    publications = [
        publication(offset=1, size=EVENT_BYTES),
        publication(offset=2, size=EVENT_BYTES + 1),
        publication(offset=3, size=10_000_000),
        publication(offset=4, size=1),
    ]
    noted_hints = arrived(publications)
    assert [p.offset for p in noted_hints] == [1, 2, 3, 4]
    assert [p.data and len(p.data) for p in noted_hints] == [EVENT_BYTES, None, None, 1]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 200_000)), max_size=40))
def test_every_event_is_told_once_and_in_its_topics_order(events: list[tuple[int, int]]) -> None:
    publications = [
        publication(f"things/{topic}", offset, size)
        for offset, (topic, size) in enumerate(events, 1)
    ]
    noted_hints = arrived(publications)
    assert sorted(p.offset for p in noted_hints) == list(range(1, len(events) + 1))
    for topic in {p.topic for p in publications}:
        offsets = [p.offset for p in noted_hints if p.topic == topic]
        assert offsets == sorted(offsets)


def test_evictions_are_told_to_every_hub() -> None:
    evictions = [Eviction(1), Eviction(2, "phone"), Eviction(3, None, "c0ffee")]
    [(group, message)] = hints.messages("me", [], evictions)
    assert group == EVERY_HUB
    assert hints.read(over_the_wire(message)[0]) == ([], evictions)


# --- through Redis ---------------------------------------------------------------------------


pytestmark = pytest.mark.usefixtures("_layers")


@pytest.fixture
def _layers(settings: Settings) -> None:
    """Layers of the test's own: those of another loop would be found closed."""
    settings.CHANNEL_LAYERS = dict(settings.CHANNEL_LAYERS)


class Instance(Watched):
    """A process: its sender, its receiver, and what it has been told."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.noted_hints: list[Publication] = []
        self.evicted: list[Eviction] = []
        self.checked: list[Topic] = []
        self.reported: list[State] = []
        self.health = RedisHealth()
        self.sender = HintSender(origin=name, health=[self.health])
        self.receiver = HintReceiver(
            origin=name,
            health=[self.health],
            dispatch=hints.Dispatcher(
                origin=name, accept=self._accept, evict=self._evict, send_states=self._tell
            ),
            check=self._check,
        )
        works = self.sender.run, self.receiver.run, self.receiver.run_subscriptions
        self.tasks = [asyncio.create_task(work()) for work in works]

    def _accept(self, publications: Iterable[Publication]) -> None:
        self.noted_hints.extend(publications)
        self.changed()

    def _evict(self, eviction: Eviction) -> None:
        self.evicted.append(eviction)
        self.changed()

    def _check(self, topics: Iterable[Topic]) -> None:
        self.checked.extend(topics)
        self.changed()

    def _tell(self, states: Iterable[State]) -> None:
        self.reported.extend(states)
        self.changed()

    async def follows(self, *topics: str) -> None:
        """Follow, and wait until the topics' hints do arrive."""
        for topic in topics:
            self.receiver.follow(Topic(topic))
        await self.until(lambda: set(topics) <= set(self.checked))

    def offsets(self) -> list[int]:
        return [publication.offset for publication in self.noted_hints]

    async def ends(self) -> None:
        assert not any(task.done() for task in self.tasks)
        await cancelled(self.tasks)


@pytest.fixture
async def instance() -> AsyncIterator[Callable[[str], Instance]]:
    made: list[Instance] = []

    def make(name: str) -> Instance:
        made.append(Instance(name))
        return made[-1]

    yield make
    for each in made:
        await each.ends()


@pytest.mark.full_only
async def test_what_one_instance_tells_the_others_that_follow_it_hear(
    instance: Callable[[str], Instance],
) -> None:
    here, there, elsewhere = instance("here"), instance("there"), instance("elsewhere")
    await here.follows("things/1")
    await there.follows("things/1", "users/auth0:x")
    await elsewhere.follows("things/2")
    here.sender.put([publication("things/1", 1)], [Eviction(1)])
    here.sender.put([publication("users/auth0:x", 2)], [])
    here.sender.put([publication("things/2", 3)], [])
    here.sender.put([publication(f"things/{n}", 4) for n in range(100)], [])
    await there.until(lambda: there.offsets()[-1:] == [4] and bool(there.evicted))
    assert there.offsets()[:2] == [1, 2]
    await elsewhere.until(lambda: elsewhere.offsets()[-1:] == [4])
    assert elsewhere.offsets()[0] == 3
    assert there.evicted == elsewhere.evicted == [Eviction(1)]
    # One's own wake-ups are not heard again.
    there.sender.put([publication("things/1", 5)], [])
    await here.until(lambda: bool(here.noted_hints))
    assert here.offsets() == [5]
    assert here.evicted == []


@pytest.mark.full_only
async def test_what_is_followed_no_more_is_heard_no_more(
    instance: Callable[[str], Instance],
) -> None:
    here, there = instance("here"), instance("there")
    await there.follows("things/1", "things/2")
    there.receiver.forget(Topic("things/1"))
    await there.follows("things/3")
    here.sender.put([publication("things/1", 1)], [])
    here.sender.put([publication("things/2", 2)], [])
    await there.until(lambda: bool(there.noted_hints))
    assert there.offsets() == [2]


@pytest.mark.full_only
async def test_a_process_without_a_loop_is_heard_by_those_with_one(
    instance: Callable[[str], Instance],
) -> None:
    there = instance("there")
    await there.follows("things/1")
    large = [publication(f"things/{n}", n, 1_000) for n in range(2_000)]
    await in_thread(send_now, [publication("things/1", 1)], [Eviction(7, "phone")])
    await in_thread(send_now, large, [])
    await there.until(lambda: len(there.noted_hints) == 2_001)
    assert there.noted_hints == [publication("things/1", 1), *large]
    assert there.evicted == [Eviction(7, "phone")]


@pytest.mark.embedded_only
def test_without_redis_a_process_without_a_loop_has_nobody_to_tell() -> None:
    send_now([publication()], [Eviction(1)])


# --- while Redis is away -----------------------------------------------------------------------


@pytest.fixture
def on_its_own_redis(redis_server: RedisServer, settings: Settings) -> RedisServer:
    """A Redis to stop and to freeze, for the layers of this test."""
    settings.REDIS_URLS = [redis_server.url]
    layers = settings.CHANNEL_LAYERS
    settings.CHANNEL_LAYERS = {
        name: {
            **layer,
            "CONFIG": {
                **layer["CONFIG"],
                "hosts": [{**layer["CONFIG"]["hosts"][0], "address": redis_server.url}],
            },
        }
        for name, layer in layers.items()
    }
    return redis_server


@pytest.mark.full_only
@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_a_commit_never_waits_for_redis_and_what_follows_is_told_again(
    on_its_own_redis: RedisServer, instance: Callable[[str], Instance], how: str
) -> None:
    here, there = instance("here"), instance("there")
    await there.follows("things/1")
    here.sender.put([publication(offset=1)], [])
    await there.until(lambda: there.offsets() == [1])
    await in_thread(on_its_own_redis.stop if how == "stopped" else on_its_own_redis.freeze)
    for offset in range(2, 1_002):
        here.sender.put([publication(offset=offset)], [])
    # Nobody has asked Redis yet: who had would know.
    known = here.health.away
    assert not known
    # It is given up after a failure, and not a thousand times.
    async with asyncio.timeout(PATIENCE_S):
        await here.sender.flushed()
    assert here.health.away
    await in_thread(on_its_own_redis.start if how == "stopped" else on_its_own_redis.thaw)
    # Until the breaker closes and the layer has subscribed again, hints may be lost.
    offsets = itertools.count(2_000)
    async with asyncio.timeout(PATIENCE_S):
        while max(there.offsets()) < 2_000:
            here.sender.put([publication(offset=next(offsets))], [])
            with suppress(AssertionError, TimeoutError):
                async with asyncio.timeout(0.2):
                    await there.until(lambda: max(there.offsets()) >= 2_000)
    assert not here.health.away


@pytest.mark.full_only
@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_a_process_without_a_loop_does_not_wait_for_redis_either(
    on_its_own_redis: RedisServer, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    if how == "stopped":
        on_its_own_redis.stop()
    else:
        on_its_own_redis.freeze()
    began = time.monotonic()
    send_now([publication(offset=offset) for offset in range(1, 20)], [Eviction(1)])
    # It waits for one of twenty.
    assert time.monotonic() - began < 5 * SEND_S
    [record] = [each for each in caplog.records if each.name == "realtime.cluster.hint_sender"]
    assert record.levelno == logging.WARNING
    assert record.exc_info is None
    assert "Redis is away" in record.getMessage()


@pytest.mark.full_only
def test_a_process_without_a_loop_knocks_once_at_a_redis_that_does_not_answer(
    on_its_own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def knocks() -> int:
        with redis.Redis.from_url(on_its_own_redis.url) as client:
            counted: int = client.info("stats")["total_connections_received"]
        return counted

    monkeypatch.setattr(hint_sender, "SEND_S", 0.2)
    before = knocks()
    on_its_own_redis.freeze()
    send_now([publication()], [Eviction(1)])
    on_its_own_redis.thaw()
    # One was its own, and one is of who asks.
    assert knocks() == before + 2


@pytest.mark.full_only
def test_a_process_without_a_loop_gives_a_slow_redis_only_so_much_time_for_all(
    on_its_own_redis: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(hint_sender, "ALL_S", 0.0)  # as though the sends before had taken it
    send_now([publication(f"things/{n}", 1) for n in range(20)], [])
    [record] = [each for each in caplog.records if each.name == "realtime.cluster.hint_sender"]
    assert "Redis is slow" in record.getMessage()
    with redis.Redis.from_url(on_its_own_redis.url) as client:
        assert "cmdstat_publish" not in client.info("commandstats")


@pytest.mark.full_only
@pytest.mark.parametrize("ill", [0, 1])
def test_a_process_without_a_loop_tells_one_shard_while_the_other_is_frozen(
    redis_server: RedisServer, around: Surroundings, settings: Settings, ill: int
) -> None:
    well = around.redis_url
    settings.REDIS_URLS = [redis_server.url, well] if ill == 0 else [well, redis_server.url]
    groups = {f"things/{n}": group_channel(PUBLISH_LAYER, f"topic.things.{n}") for n in range(99)}
    theirs = [topic for topic, channel in groups.items() if shard_of(channel, 2) == ill][:5]
    others = [topic for topic, channel in groups.items() if shard_of(channel, 2) != ill][:5]
    layer = get_channel_layer(PUBLISH_LAYER)
    assert isinstance(layer, RedisPubSubChannelLayer)
    with redis.Redis.from_url(well) as client, client.pubsub() as listening:
        listening.psubscribe(group_channel(PUBLISH_LAYER, "*"))
        assert listening.get_message(timeout=PATIENCE_S)["type"] == "psubscribe"
        redis_server.freeze()
        send_now([publication(topic) for topic in (*theirs, *others)], [Eviction(1)])
        noted_hints = [listening.get_message(timeout=PATIENCE_S) for _ in range(11)]
    by_channel: dict[str, list[Topic]] = {}
    for each in noted_hints:
        reported = hints.read(layer.deserialize(each["data"]))[0]
        by_channel.setdefault(each["channel"].decode(), []).extend(one.topic for one in reported)
    # Evictions are for every hub, and what the other shard's topics have goes the same way.
    every_hub = sorted(by_channel.pop(group_channel(PUBLISH_LAYER, EVERY_HUB)))
    assert every_hub == sorted(theirs)
    assert by_channel == {groups[topic]: [topic] for topic in others}


# --- unlogged facts on several topics ------------------------------------------------------------


def test_what_is_told_on_several_topics_is_one_message_to_all_hubs_until_it_is_over() -> None:
    reported = EphemeralBroadcast((Topic("things/1"), Topic("things/2")), "moved", b"{}")
    [(group, message)] = hints.broadcast_hints("here", [reported], 100.0)
    assert group == EVERY_HUB
    clocks = hints.Clocks()
    assert hints.read_states(message, clocks, 101.0) == list(reported.states())
    assert hints.read_states(message, clocks, 101.0 + hints.STATE_HINT_AGE_S) == []


@pytest.mark.parametrize("ahead", [-3.0, 3.0, -3_600.0, 3_600.0])
def test_unlogged_facts_of_a_process_whose_clock_differs_are_told_until_they_are_over(
    ahead: float,
) -> None:
    clocks = hints.Clocks()
    reported = EphemeralBroadcast((Topic("things/1"),), "moved", b"{}")

    def message(at: float) -> dict[str, Any]:
        [(_, made)] = hints.broadcast_hints("there", [reported], at + ahead)
        return made

    for now in range(100, 110):
        assert hints.read_states(message(now), clocks, now + 0.01) == list(reported.states())
    assert hints.read_states(message(110), clocks, 110.01 + hints.STATE_HINT_AGE_S) == []
    # Its clock was set meanwhile: after a minute it is known anew.
    later = 110 + hints.CLOCK_S
    ahead += 40.0
    assert hints.read_states(message(later), clocks, later) == list(reported.states())
    ahead -= 40.0
    assert hints.read_states(message(later + 1), clocks, later + 1) == []
    later += 1 + hints.CLOCK_S
    assert hints.read_states(message(later), clocks, later) == list(reported.states())


def test_clocks_of_so_many_processes_are_kept_and_no_more() -> None:
    clocks = hints.Clocks()
    for number in range(hints.CLOCKS + 10):
        clocks.lateness(str(number), 0.0, 1.0)
    assert clocks.lateness("0", 0.0, 9.0) == 0.0
    assert clocks.lateness(str(hints.CLOCKS), 0.0, 9.0) == 8.0


@pytest.mark.full_only
async def test_it_is_heard_by_those_with_a_loop_also_from_a_process_without_one(
    instance: Callable[[str], Instance],
) -> None:
    here, there = instance("here"), instance("there")
    await there.follows("things/1")
    here.sender.put_broadcasts(
        [EphemeralBroadcast((Topic("things/1"), Topic("things/2")), "moved", b"1")]
    )
    await in_thread(send_now, [], [], [EphemeralBroadcast((Topic("things/1"),), "moved", b"2")])
    await there.until(lambda: len(there.reported) == 3)
    assert sorted((state.topic, state.data) for state in there.reported) == [
        ("things/1", b"1"),
        ("things/1", b"2"),
        ("things/2", b"1"),
    ]
