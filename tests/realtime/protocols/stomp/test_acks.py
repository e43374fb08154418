"""What is owed to a subscription, against a model that remembers everything."""

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol.messages import Position, Topic
from realtime.protocols.stomp.codec import AckMode, AckTracker, MessageKey

pytestmark = pytest.mark.once

ROOM, MINE = Topic("rooms/7"), Topic("users/42")


def key(offset: int, topic: Topic = ROOM, epoch: str = "e") -> MessageKey:
    return MessageKey(topic, epoch, offset)


def sent(mode: AckMode, *offsets: int) -> AckTracker:
    tracker = AckTracker(mode)
    tracker.begin(ROOM, "e", 0)
    for offset in offsets:
        tracker.sent(key(offset))
    return tracker


def resumed(tracker: AckTracker, mode: AckMode = AckMode.CLIENT) -> AckTracker:
    return AckTracker.from_state(mode, json.loads(json.dumps(tracker.to_state())))


def test_client_acknowledges_all_up_to_there() -> None:
    tracker = sent(AckMode.CLIENT, 1, 2, 3, 4)
    assert tracker.ack(key(3)) == [key(1), key(2), key(3)]
    assert tracker.ack(key(3)) == tracker.ack(key(2)) == []
    assert tracker.unacknowledged() == [key(4)]


def test_client_individual_acknowledges_that_one() -> None:
    tracker = sent(AckMode.CLIENT_INDIVIDUAL, 1, 2, 3)
    assert tracker.ack(key(2)) == [key(2)]
    assert tracker.unacknowledged() == [key(1), key(3)]
    assert tracker.base(ROOM) == Position("e", 0)


def test_up_to_there_is_in_the_order_of_sending_over_all_topics() -> None:
    tracker = AckTracker(AckMode.CLIENT)
    for one in (key(5), key(90, MINE), key(6), key(91, MINE)):
        tracker.sent(one)
    assert tracker.ack(key(6)) == [key(5), key(90, MINE), key(6)]
    assert tracker.unacknowledged() == [key(91, MINE)]


def test_what_was_refused_stays_owed_and_a_later_ack_does_not_take_it_back() -> None:
    tracker = sent(AckMode.CLIENT, 1, 2, 3)
    assert tracker.nack(key(2)) == [key(1), key(2)]
    assert tracker.ack(key(3)) == [key(3)]
    assert tracker.ack(key(1)) == tracker.nack(key(1)) == []
    assert tracker.unacknowledged() == [key(1), key(2)]


def test_an_answer_to_what_was_not_sent_changes_nothing() -> None:
    tracker = sent(AckMode.CLIENT, 1, 2)
    for stranger in (key(10**9), key(2, MINE), key(2, epoch="other")):
        assert tracker.ack(stranger) == tracker.nack(stranger) == []
    assert len(tracker.unacknowledged()) == 2


def test_who_subscribes_anew_gets_what_was_not_acknowledged_and_what_is_new() -> None:
    before = sent(AckMode.CLIENT_INDIVIDUAL, 1, 2, 3, 5, 6)
    before.ack(key(1))
    before.ack(key(3))
    before.nack(key(5))
    after = resumed(before, AckMode.CLIENT_INDIVIDUAL)
    assert after.base(ROOM) == Position("e", 1)
    assert [offset for offset in range(2, 10) if after.wanted(key(offset))] == [2, 5, 6, 7, 8, 9]
    assert after.base(MINE) is None
    assert after.unacknowledged() == []


def test_what_is_owed_stays_owed_until_it_was_sent_and_acknowledged() -> None:
    first = sent(AckMode.CLIENT, 1, 2, 3)
    second = resumed(first)
    second.sent(key(1))
    assert not second.wanted(key(1))
    assert second.ack(key(1)) == [key(1)]
    third = resumed(second)
    assert third.base(ROOM) == Position("e", 1)
    assert third.wanted(key(2))
    assert third.wanted(key(3))
    assert not third.wanted(key(1))


def test_what_comes_while_a_client_is_away_is_owed_even_if_it_was_never_sent_anything() -> None:
    tracker = AckTracker(AckMode.CLIENT)
    tracker.begin(ROOM, "e", 41)
    after = resumed(tracker)
    assert after.base(ROOM) == Position("e", 41)
    assert after.wanted(key(42))
    assert not after.wanted(key(41))


def test_a_gap_forgets_what_the_log_cannot_give_again() -> None:
    after = resumed(sent(AckMode.CLIENT, 1, 2, 3))
    after.sent(key(1, MINE))
    after.begin(ROOM, "e", 5_000)
    assert after.base(ROOM) == Position("e", 5_000)
    assert after.unacknowledged() == [key(1, MINE)]


def test_another_epoch_makes_an_end_of_the_one_before() -> None:
    tracker = sent(AckMode.CLIENT, 1, 2, 3)
    assert tracker.wanted(key(2, epoch="new"))
    tracker.sent(key(2, epoch="new"))
    assert tracker.unacknowledged() == [key(2, epoch="new")]
    assert tracker.base(ROOM) == Position("new", 1)


def test_a_tracker_is_full_at_its_limit_refusals_included() -> None:
    tracker = AckTracker(AckMode.CLIENT_INDIVIDUAL, limit=3)
    for offset in (1, 2, 3):
        assert not tracker.full
        tracker.sent(key(offset))
    assert tracker.full
    tracker.nack(key(1))
    assert tracker.full
    tracker.ack(key(2))
    assert not tracker.full


def test_a_state_is_bounded_and_errs_towards_sending_twice() -> None:
    tracker = AckTracker(AckMode.CLIENT_INDIVIDUAL, limit=3)
    for offset in range(1, 11):
        tracker.sent(key(offset))
    tracker.ack(key(9))
    state = tracker.to_state()
    assert state == {ROOM: {"epoch": "e", "last": 3, "unacknowledged": [1, 2, 3]}}
    after = AckTracker.from_state(AckMode.CLIENT_INDIVIDUAL, state, limit=3)
    assert all(after.wanted(key(offset)) for offset in range(1, 11))


def test_one_message_that_is_never_acknowledged_does_not_make_the_state_grow() -> None:
    tracker = sent(AckMode.CLIENT_INDIVIDUAL, *range(1, 5_001))
    for offset in range(2, 5_001):
        tracker.ack(key(offset))
    assert tracker.to_state() == {ROOM: {"epoch": "e", "last": 5_000, "unacknowledged": [1]}}


# --- the model -------------------------------------------------------------------------------


@dataclass
class Model:
    """Remembers every message and what became of it."""

    cumulative: bool
    log: list[MessageKey] = field(default_factory=list)
    fate: dict[MessageKey, str] = field(default_factory=dict)

    def sent(self, one: MessageKey) -> None:
        self.log.append(one)
        self.fate[one] = "pending"

    def answer(self, one: MessageKey, fate: str) -> list[MessageKey]:
        if self.fate.get(one) != "pending":
            return []
        reach = self.log[: self.log.index(one) + 1] if self.cumulative else [one]
        settled = [other for other in reach if self.fate[other] == "pending"]
        self.fate.update(dict.fromkeys(settled, fate))
        return settled

    def owed(self) -> list[MessageKey]:
        return [one for one in self.log if self.fate[one] != "acknowledged"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sent"), st.sampled_from([ROOM, MINE]), st.integers(1, 3)),
        st.tuples(
            st.sampled_from(["ack", "nack"]), st.sampled_from([ROOM, MINE]), st.integers(0, 30)
        ),
        st.tuples(st.just("reconnect"), st.just(ROOM), st.just(0)),
    ),
    max_size=60,
)


@given(mode=st.sampled_from([AckMode.CLIENT, AckMode.CLIENT_INDIVIDUAL]), steps=STEPS)
def test_a_tracker_owes_what_the_model_owes(
    mode: AckMode, steps: list[tuple[str, Topic, int]]
) -> None:
    tracker, model = AckTracker(mode), Model(mode is AckMode.CLIENT)
    heads = {ROOM: 0, MINE: 100}
    events: list[MessageKey] = []
    for topic, head in heads.items():
        tracker.begin(topic, "e", head)
    for step, topic, number in steps:
        match step:
            case "sent":  # offsets may skip
                heads[topic] += number
                one = key(heads[topic], topic)
                events.append(one)
                tracker.sent(one)
                model.sent(one)
            case "ack":
                one = key(number, topic)
                assert tracker.ack(one) == model.answer(one, "acknowledged")
            case "nack":
                one = key(number, topic)
                assert tracker.nack(one) == model.answer(one, "refused")
            case _:  # the log is replayed from the base of each topic, without what is not wanted
                tracker = resumed(tracker, mode)
                owed = model.owed()
                for name in heads:
                    base = tracker.base(name)
                    assert base is not None
                    again = [
                        one
                        for one in events
                        if one.topic == name and one.offset > base.offset and tracker.wanted(one)
                    ]
                    assert again == [one for one in owed if one.topic == name]
                model.log.clear()
                for name in heads:
                    for one in [one for one in owed if one.topic == name]:
                        tracker.sent(one)
                        model.sent(one)
        assert tracker.unacknowledged() == model.owed()
