"""The hub on the real log: whatever becomes of the wake-ups, each client gets each event once."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from realtime.database.executor import in_thread
from realtime.fanout.feed import Subscription
from realtime.fanout.hub import HOLE_S, READ_TOPICS, Hub
from realtime.log import event_log
from realtime.protocol.frames import Frame
from realtime.protocol.messages import (
    Position,
    Publication,
    Push,
    Topic,
)
from realtime.protocol.principal import Eviction
from realtime.protocols.json.codec import JsonCodec
from tests.realtime.actors import Message, SessionClient, message_of, principal, written
from tests.realtime.topics import GATES
from tests.support.deadlines import PATIENCE_S

TOPIC = Topic("things/1")


class CountingCodec(JsonCodec):
    """The JSON protocol, and what it was asked to encode."""

    def __init__(self) -> None:
        super().__init__()
        self.encoded: list[Push] = []

    def encode(self, push: Push) -> Frame:
        self.encoded.append(push)
        return super().encode(push)

    def offsets(self) -> list[int]:
        return [push.offset for push in self.encoded if isinstance(push, Publication)]


async def subscribed_client(
    hub: Hub, topic: str = TOPIC, position: Position | None = None
) -> SessionClient:
    """A new client that is live on `topic`."""
    client = await SessionClient(hub).opens()
    await client.subscribes(topic, position)
    return client


# --- wake-ups, as they come ------------------------------------------------------------------


async def test_what_is_told_in_order_is_heard_in_order(hub: Hub) -> None:
    client = await subscribed_client(hub)
    for publication in await written(TOPIC, 3):
        hub.accept([publication])
    await client.receives_offsets(TOPIC, [1, 2, 3])
    assert client.all_of("happened")[1] == {
        "type": "happened",
        "topic": TOPIC,
        "epoch": hub.epoch,
        "offset": 2,
        "data": {"n": 1},
    }


async def test_early_late_and_doubled_wake_ups_change_nothing(hub: Hub) -> None:
    client = await subscribed_client(hub)
    one, two, three, four = await written(TOPIC, 4)
    for publications in ([three], [two, two], [three], [one], [one, two, three], [four], [one]):
        hub.accept(publications)
    await client.receives_offsets(TOPIC, [1, 2, 3, 4])
    [five] = await written(TOPIC)
    hub.accept([five])
    await client.receives_offsets(TOPIC, [1, 2, 3, 4, 5])


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_becomes_of_the_wake_ups_everything_is_heard_once(
    hub: Hub, seed: int
) -> None:
    chance = random.Random(seed)
    clients = [await subscribed_client(hub) for _ in range(3)]
    hints: list[Publication] = []
    for publication in await written(TOPIC, 40):
        for _ in range(chance.choice([0, 1, 1, 2])):
            without_data = replace(publication, data=None)
            hints.append(chance.choice([publication, publication, without_data]))
    chance.shuffle(hints)
    while hints:
        size = chance.randint(1, 5)
        hub.accept(hints[:size])
        del hints[:size]
        if chance.random() < 0.3:
            await asyncio.sleep(0)
        if chance.random() < 0.1:
            clients.append(await subscribed_client(hub, position=Position(None, 0)))
    await hub.reconcile()
    for client in clients:
        await client.receives_offsets(TOPIC, range(1, 41))


async def test_a_hole_is_filled_from_the_log_after_a_moment(hub: Hub) -> None:
    client = await subscribed_client(hub)
    *_, last = await written(TOPIC, 5)
    loop = asyncio.get_running_loop()
    began = loop.time()
    hub.accept([last])
    await client.receives_offsets(TOPIC, [1, 2, 3, 4, 5])
    assert loop.time() - began >= HOLE_S * 0.9


async def test_holes_in_many_topics_are_filled_together(hub: Hub) -> None:
    names = [f"things/{number}" for number in range(250)]
    client = await SessionClient(hub).opens(
        **{name.removeprefix("things/"): None for name in names}
    )
    for name in names:
        _, last = await written(name, 2)
        hub.accept([last])
    await client.receives("happened", 500)
    assert all(client.offsets(name) == [1, 2] for name in names)


async def test_a_wake_up_that_names_the_offset_only_is_enough(hub: Hub) -> None:
    client = await subscribed_client(hub)
    _, two = await written(TOPIC, 2)
    hub.accept([replace(two, data=None)])
    await client.receives_offsets(TOPIC, [1, 2])


async def test_reconciling_finds_what_no_wake_up_told(hub: Hub) -> None:
    client = await subscribed_client(hub)
    other = await subscribed_client(hub, "things/2")
    await written(TOPIC, 3)
    await written("things/nobody-listens", 3)
    assert client.offsets(TOPIC) == []
    await hub.reconcile()
    await client.receives_offsets(TOPIC, [1, 2, 3])
    await written(TOPIC, 1)
    await written("things/2", 1)
    await hub.reconcile()
    await client.receives_offsets(TOPIC, [1, 2, 3, 4])
    await other.receives_offsets("things/2", [1])


async def test_asked_to_check_a_topic_the_hub_compares_it_with_the_log(hub: Hub) -> None:
    client = await subscribed_client(hub)
    await written(TOPIC, 2)
    hub.check([TOPIC, Topic("things/nobody-listens")])
    await client.receives_offsets(TOPIC, [1, 2])


async def test_a_topic_to_which_nobody_listens_is_passed_over(hub: Hub) -> None:
    client = await subscribed_client(hub)
    hub.accept(await written("things/2", 2))
    hub.accept(await written(TOPIC, 1))
    await client.receives_offsets(TOPIC, [1])
    assert client.offsets("things/2") == []


async def test_a_hub_that_fell_behind_further_than_the_log_reaches_sends_its_clients_away(
    hub: Hub, limited: Callable[..., None]
) -> None:
    limited(log_keep_events=5)
    client, other = await subscribed_client(hub), await subscribed_client(hub, "things/2")
    *_, last = await written(TOPIC, 8)
    hub.accept([last])
    assert await client.is_closed() == (1012, "Resume")
    assert client.offsets(TOPIC) == []
    hub.accept(await written("things/2", 1))
    await other.receives_offsets("things/2", [1])


async def test_topics_that_everybody_leaves_during_a_log_read_are_nothing_to_warn_of(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    names = [Topic(f"things/{number}") for number in range(READ_TOPICS + 50)]
    leaver = await SessionClient(hub).opens(
        **{name.removeprefix("things/"): None for name in names}
    )
    stayer = await subscribed_client(hub, "things/other")
    hub.check(names)
    await asyncio.sleep(0)  # the first of two reads is on its way
    leaver.session.ended()
    await written("things/other", 1)
    hub.check([Topic("things/other")])
    await stayer.receives_offsets("things/other", [1])
    assert not caplog.records


# --- epochs ----------------------------------------------------------------------------------


async def test_a_new_epoch_sends_every_subscriber_back(hub: Hub) -> None:
    clients = [await subscribed_client(hub), await subscribed_client(hub, "things/2")]
    before = Position(hub.epoch, 0)
    await in_thread(event_log.begin_epoch)
    await hub.reconcile()
    for client in clients:
        assert await client.is_closed() == (1012, "Resume")
    again = await SessionClient(hub).opens()
    subscribed = await again.subscribes(TOPIC, before)
    assert subscribed["recovered"] is False
    assert subscribed["epoch"] == hub.epoch != before.epoch
    hub.accept(await written(TOPIC, 1))
    await again.receives_offsets(TOPIC, [1])


async def test_a_wake_up_of_the_new_epoch_is_as_good_as_a_reconcile(hub: Hub) -> None:
    client = await subscribed_client(hub)
    await in_thread(event_log.begin_epoch)
    hub.accept(await written(TOPIC, 1))
    assert await client.is_closed() == (1012, "Resume")
    assert client.offsets(TOPIC) == []


async def test_a_late_wake_up_of_an_old_epoch_disturbs_nobody(hub: Hub) -> None:
    stale = await written(TOPIC, 1)
    await in_thread(event_log.begin_epoch)
    client = await subscribed_client(hub)
    hub.accept(stale)
    hub.accept(await written(TOPIC, 1))
    await client.receives_offsets(TOPIC, [2])
    assert client.writer.closed is None


async def test_a_subscriber_that_meets_a_new_epoch_first_is_sent_back_with_the_others(
    hub: Hub,
) -> None:
    old = await subscribed_client(hub)
    await in_thread(event_log.begin_epoch)
    new = await SessionClient(hub).opens()
    await new.subscribes("things/2")
    for client in (old, new):
        assert await client.is_closed() == (1012, "Resume")
    again = await subscribed_client(hub, "things/2")
    hub.accept(await written("things/2", 1))
    await again.receives_offsets("things/2", [1])


# --- coming and going ------------------------------------------------------------------------


async def test_a_topic_is_followed_while_anybody_listens(hub: Hub, followed: list[str]) -> None:
    first, second = await subscribed_client(hub), await subscribed_client(hub)
    await subscribed_client(hub, "things/2")
    assert followed == ["+things/1", "+things/2"]
    await first.sends_command("unsubscribe", topic=TOPIC)
    assert followed == ["+things/1", "+things/2"]
    second.session.ended()
    assert followed == ["+things/1", "+things/2", "-things/1"]
    await subscribed_client(hub)
    assert followed[-1] == "+things/1"


async def test_who_has_left_hears_nothing_more(hub: Hub) -> None:
    leaver, stayer = await subscribed_client(hub), await subscribed_client(hub)
    hub.accept(await written(TOPIC, 1))
    await leaver.receives_offsets(TOPIC, [1])
    assert await leaver.sends_command("unsubscribe", ref=1, topic=TOPIC) == [
        {"type": "unsubscribed", "topic": TOPIC, "ref": 1}
    ]
    hub.accept(await written(TOPIC, 1))
    await stayer.receives_offsets(TOPIC, [1, 2])
    assert leaver.offsets(TOPIC) == [1]


async def test_who_resumes_gets_what_was_missed_and_then_what_comes(hub: Hub) -> None:
    await written(TOPIC, 200)
    client = await SessionClient(hub).opens()
    subscribed = await client.subscribes(TOPIC, Position(None, 20))
    assert (subscribed["offset"], subscribed["recovered"]) == (200, True)
    hub.accept(await written(TOPIC, 1))
    await client.receives_offsets(TOPIC, range(21, 202))


async def test_subscribing_again_replaces_the_subscription(hub: Hub) -> None:
    client = await subscribed_client(hub)
    hub.accept(await written(TOPIC, 3))
    await client.receives_offsets(TOPIC, [1, 2, 3])
    await client.subscribes(TOPIC, Position(None, 1))
    assert client.offsets(TOPIC) == [1, 2, 3, 2, 3]
    hub.accept(await written(TOPIC, 1))
    await client.receives_offsets(TOPIC, [1, 2, 3, 2, 3, 4])


async def test_what_is_committed_while_a_subscriber_reads_the_log_is_not_lost(hub: Hub) -> None:
    topic = "gates/1"
    await written(topic, 2)
    has_read, may_go_on = GATES.hold(user_id=1)
    client = await SessionClient(hub, principal(1)).opens()
    subscribing = asyncio.create_task(client.subscribes(topic, Position(None, 0)))
    assert await in_thread(has_read.wait, PATIENCE_S)
    three, four = await written(topic, 2)
    hub.accept([four])
    hub.accept([three, four])
    may_go_on.set()
    subscribed = await subscribing
    assert subscribed["offset"] == 2
    await client.receives_offsets(topic, [1, 2, 3, 4])
    hub.accept(await written(topic, 1))
    await client.receives_offsets(topic, [1, 2, 3, 4, 5])


@pytest.mark.parametrize("reported", ["before the second joins", "after it", "never"])
@pytest.mark.parametrize("position", [None, Position(None, 0)])
async def test_first_joiners_that_read_different_heads_both_get_everything(
    hub: Hub, reported: str, position: Position | None
) -> None:
    topic = "gates/1"
    await written(topic, 2)
    has_read, may_go_on = GATES.hold(user_id=1)
    slow = await SessionClient(hub, principal(1)).opens()
    subscribing = asyncio.create_task(slow.subscribes(topic, position))
    # The first has read head 2, and does not yet know it.
    assert await in_thread(has_read.wait, PATIENCE_S)
    publications = await written(topic, 2)
    if reported == "before the second joins":
        hub.accept(publications)
    quick = await SessionClient(hub, principal(2)).opens()
    assert (await quick.subscribes(topic, position))["offset"] == 4
    if reported == "after it":
        hub.accept(publications)
    may_go_on.set()
    assert (await subscribing)["offset"] == 2
    hub.accept(await written(topic, 1))
    await slow.receives_offsets(topic, [1, 2, 3, 4, 5] if position else [3, 4, 5])
    await quick.receives_offsets(topic, [1, 2, 3, 4, 5] if position else [5])


async def test_a_first_joiner_that_learns_its_head_before_a_later_one_reads_on(hub: Hub) -> None:
    topic = "gates/1"
    await written(topic, 2)
    has_read, may_go_on = GATES.hold(user_id=2)
    early = await SessionClient(hub, principal(1)).opens()
    late = await SessionClient(hub, principal(2)).opens()
    # Both join a feed that is new; the second reads a later head and is slower to say so.
    await early.subscribes(topic)
    await written(topic, 2)
    subscribing = asyncio.create_task(late.subscribes(topic))
    assert await in_thread(has_read.wait, PATIENCE_S)
    may_go_on.set()
    assert (await subscribing)["offset"] == 4
    await early.receives_offsets(topic, [3, 4])
    hub.accept(await written(topic, 1))
    await early.receives_offsets(topic, [3, 4, 5])
    await late.receives_offsets(topic, [5])


async def test_a_slow_reader_gets_its_replay_and_what_came_meanwhile_in_one_line(
    hub: Hub,
) -> None:
    await written(TOPIC, 500)
    client, other = await SessionClient(hub).opens(), await subscribed_client(hub)
    client.writer.taking = False
    subscribing = asyncio.create_task(client.subscribes(TOPIC, Position(None, 0)))
    # The wire takes a single frame at a time, and live events arrive between them.
    for _ in range(40):
        hub.accept(await written(TOPIC, 5))
    await other.receives_offsets(TOPIC, range(501, 701))
    while not subscribing.done():
        received = len(client.writer.frames)
        client.session.outbox.resume()
        if len(client.writer.frames) == received:
            await asyncio.sleep(0)
    client.writer.taking = True
    client.session.outbox.resume()
    await client.receives_offsets(TOPIC, range(1, 701))
    assert client.writer.closed is None


# --- the fan-out -----------------------------------------------------------------------------


class Audience:
    """A thousand bare subscriptions to one topic, which all know its head."""

    def __init__(self, hub: Hub, size: int = 1_000) -> None:
        self.received: dict[int, list[int]] = {number: [] for number in range(size)}
        self.resumes = 0
        self.on_event: Callable[[int], None] | None = None
        self.subscriptions = [self._listener(number) for number in range(size)]
        for subscription in self.subscriptions:
            feed = hub.join(subscription)
            subscription.go_live()
        hub.learn(feed, hub.epoch or "", 0)

    def _listener(self, number: int) -> Subscription:
        def send(frame: Frame) -> None:
            self.received[number].append(message_of(frame)["offset"])
            if self.on_event is not None:
                self.on_event(number)

        return Subscription(TOPIC, CODEC, send, self._resume)

    def _resume(self) -> None:
        self.resumes += 1


CODEC = JsonCodec()


async def test_who_leaves_and_joins_in_the_middle_of_a_fan_out_is_served_right(hub: Hub) -> None:
    witness = await subscribed_client(hub, "things/2")  # the hub has come to know the epoch
    audience = Audience(hub)
    joiner = await SessionClient(hub).opens()
    joining: list[asyncio.Task[Message]] = []
    order: list[int] = []
    left: set[int] = set()

    def on_event(number: int) -> None:
        order.append(number)
        if len(order) == 300:
            joining.append(asyncio.create_task(joiner.subscribes(TOPIC, Position(None, 0))))
            leaving = [n for n in audience.received if n not in order][::7]
            left.update(leaving)
            for other in leaving:
                hub.part(audience.subscriptions[other])

    audience.on_event = on_event
    first, second = await written(TOPIC, 2)
    hub.accept([first])
    hub.accept([second])
    await joiner.receives_offsets(TOPIC, [1, 2])
    await asyncio.gather(*joining)
    hub.accept(await written("things/2", 1))
    await witness.receives_offsets("things/2", [1])
    assert left
    for number, offsets in audience.received.items():
        assert offsets == ([] if number in left else [1, 2])
    assert audience.resumes == 0


async def test_who_leaves_on_hearing_an_event_does_not_hear_the_next(hub: Hub) -> None:
    witness = await subscribed_client(hub)
    audience = Audience(hub, 10)

    def on_event(number: int) -> None:
        if number % 2:
            hub.part(audience.subscriptions[number])

    audience.on_event = on_event
    hub.accept(await written(TOPIC, 3))
    await witness.receives_offsets(TOPIC, [1, 2, 3])
    hub.accept(await written(TOPIC, 1))
    await witness.receives_offsets(TOPIC, [1, 2, 3, 4])
    for number, offsets in audience.received.items():
        assert offsets == ([1] if number % 2 else [1, 2, 3, 4])


async def test_an_event_is_encoded_once_per_codec(hub: Hub) -> None:
    codecs = CountingCodec(), CountingCodec(), CountingCodec()
    clients = [
        await SessionClient(hub, codec=codec).opens(**{"1": None}) for codec in codecs[:2] * 20
    ]
    await SessionClient(hub, codec=codecs[2]).opens(**{"2": None})
    hub.accept(await written(TOPIC, 3))
    for client in clients:
        await client.receives_offsets(TOPIC, [1, 2, 3])
    assert [codec.offsets() for codec in codecs] == [[1, 2, 3], [1, 2, 3], []]
    frames = {id(client.writer.frames[-1]) for client in clients}
    assert len(frames) == 2


async def test_an_event_that_cannot_be_delivered_stops_no_other_topic(hub: Hub) -> None:
    class Picky(JsonCodec):
        def encode(self, push: Push) -> Frame:
            if isinstance(push, Publication) and push.type == "happened" and push.offset == 2:
                raise ValueError("not this one")
            return super().encode(push)

    picky, same_topic = SessionClient(hub, codec=Picky()), await subscribed_client(hub)
    await picky.opens(**{"1": None})
    other = await subscribed_client(hub, "things/2")
    hub.accept(await written(TOPIC, 3))
    assert await picky.is_closed() == (1012, "Resume")
    assert picky.offsets(TOPIC) == [1]
    assert await same_topic.is_closed() == (1012, "Resume")
    hub.accept(await written("things/2", 1))
    await other.receives_offsets("things/2", [1])
    again = await subscribed_client(hub, position=Position(None, 0))
    await again.receives_offsets(TOPIC, [1, 2, 3])


async def test_a_reader_that_stalls_is_let_go_and_delays_nobody(
    hub: Hub, limited: Callable[..., None]
) -> None:
    limited(outbox_frames=5)
    stalled, other = await subscribed_client(hub), await subscribed_client(hub)
    stalled.writer.taking = False
    hub.accept(await written(TOPIC, 50))
    await other.receives_offsets(TOPIC, range(1, 51))
    assert await stalled.is_closed() == (1013, "Slow consumer")
    assert stalled.writer.closed_now
    assert stalled.offsets(TOPIC) == [1]
    hub.accept(await written(TOPIC, 1))
    await other.receives_offsets(TOPIC, range(1, 52))


# --- states ----------------------------------------------------------------------------------


async def test_after_an_event_the_topics_state_is_told_anew(hub: Hub) -> None:
    topic = "counters/1"
    await written(topic, 2)
    client = await SessionClient(hub).opens()
    subscribed = await client.subscribes(topic)
    assert subscribed["snapshot"] == {"seen_by": 1}
    assert client.received[-1] == {"type": "count", "topic": topic, "data": {"count": 2}}
    hub.accept(await written(topic, 3))
    await client.writer.until(lambda: client.all_of("count")[-1]["data"]["count"] == 5)
    await client.receives_offsets(topic, [3, 4, 5])


async def test_a_state_can_be_told_without_an_event(hub: Hub) -> None:
    topic = Topic("counters/1")
    clients = [await subscribed_client(hub, topic) for _ in range(2)]
    before = [len(client.all_of("count")) for client in clients]
    hub.refresh(topic)
    hub.refresh(Topic("counters/nobody-listens"))
    for client, reported in zip(clients, before, strict=True):
        assert (await client.receives("count", reported + 1))["data"] == {"count": 0}


async def test_after_a_replay_the_state_is_the_latest(hub: Hub) -> None:
    topic = "counters/1"
    await written(topic, 5)
    client = await SessionClient(hub).opens()
    await client.subscribes(topic, Position(None, 1))
    assert client.offsets(topic) == [2, 3, 4, 5]
    assert client.received[-1]["data"] == {"count": 5}


# --- evictions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("eviction", "closed"),
    [
        (Eviction(1), [True, True, False]),
        (Eviction(1, "phone"), [True, False, False]),
        (Eviction(2), [False, False, True]),
        (Eviction(2, "phone"), [False, False, True]),
        (Eviction(1, "tablet"), [False, False, False]),
        (Eviction(3), [False, False, False]),
    ],
)
async def test_an_eviction_closes_those_whom_it_names(
    hub: Hub, eviction: Eviction, closed: Sequence[bool]
) -> None:
    people = [(1, "phone"), (1, "laptop"), (2, "phone")]
    clients = [
        await SessionClient(hub, principal(user_id, login_id=login_id)).opens(**{"1": None})
        for user_id, login_id in people
    ]
    hub.evict(eviction)
    for client, expected in zip(clients, closed, strict=True):
        assert client.writer.closed == ((1008, "Signed out") if expected else None)


@pytest.mark.parametrize(("user_id", "evicted"), [(1, True), (2, False)])
async def test_a_single_connection_is_evicted_by_its_own_user_only(
    hub: Hub, user_id: int, evicted: bool
) -> None:
    old, other = await subscribed_client(hub), await subscribed_client(hub)
    hub.evict(Eviction(user_id, None, old.session.connection_id))
    assert (old.writer.closed is not None) is evicted
    assert other.writer.closed is None
