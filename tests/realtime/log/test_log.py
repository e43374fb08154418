"""The log: offsets without holes, in commit order, whatever happens at once."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from realtime.log import event_log
from realtime.models import Entry, Head
from realtime.protocol.messages import Position, Publication, Topic
from realtime.publishing import publish, unit_of_work
from tests.realtime.actors import ChangeOfMindError, Together, event, replayed, write

pytestmark = pytest.mark.django_db(transaction=True)

TOPIC = Topic("things/1")


def offsets_in_the_table(topic: str) -> list[int]:
    """Straight from the rows, past the log's own reading."""
    rows = Entry.objects.filter(topic=topic).order_by("offset")
    return list(rows.values_list("offset", flat=True))


# --- appending -------------------------------------------------------------------------------


def test_an_append_without_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="expected an open transaction, got autocommit"):
        event_log.append([event(TOPIC)])
    assert offsets_in_the_table(TOPIC) == []


def test_each_topic_counts_for_itself_from_one() -> None:
    with transaction.atomic():
        first = event_log.append([event("things/1"), event("things/2"), event("things/1")])
    with transaction.atomic():
        second = event_log.append([event("things/2"), event("things/3")])
    assert [(p.topic, p.offset) for p in first] == [
        ("things/1", 1),
        ("things/2", 1),
        ("things/1", 2),
    ]
    assert [(p.topic, p.offset) for p in second] == [("things/2", 2), ("things/3", 1)]


def test_events_of_one_topic_keep_the_order_in_which_they_were_given() -> None:
    with transaction.atomic():
        event_log.append([event(f"things/{n % 3}", {"n": n}) for n in range(30)])
    replay = replayed("things/1", Position(None, 0))
    assert [p.offset for p in replay.publications] == list(range(1, 11))
    assert [p.data for p in replay.publications] == [b'{"n":%d}' % n for n in range(1, 30, 3)]


def test_what_was_appended_is_what_is_read(subtests: pytest.Subtests) -> None:
    awkward = {
        "quotes": "\"'\\",
        "nul": "\x00",
        "korean": "안녕하세요",
        "emoji": "🔔",
        "line separators": "\u2028\u2029\r\n",
        "percent": "%s %d %%",
        "json": '{"a": [1, null]}',
        "long": "x" * 200_000,
    }
    for name, text in awkward.items():
        with subtests.test(name):
            topic = f"things/{name.replace(' ', '-')}"
            with transaction.atomic():
                [given] = event_log.append([event(topic, {"text": text}, "kind.of")])
            [found] = replayed(topic, Position(None, 0)).publications
            assert found == given


def test_a_rollback_leaves_no_hole() -> None:
    @transaction.atomic
    def fails() -> None:
        event_log.append([event(TOPIC), event("things/2")])
        raise ChangeOfMindError

    write(TOPIC, 2)
    with pytest.raises(ChangeOfMindError):
        fails()
    [publication] = write(TOPIC)
    assert publication.offset == 3
    assert offsets_in_the_table(TOPIC) == [1, 2, 3]
    assert replayed("things/2", None).head.offset == 0


def test_rollbacks_among_writers_leave_no_hole() -> None:
    def writer(seed: int) -> Callable[[], None]:
        chance = random.Random(seed)

        def work() -> None:
            for _ in range(20):
                with transaction.atomic():
                    event_log.append([event(TOPIC)])
                    if chance.random() < 0.5:
                        transaction.set_rollback(True)
                connection.close()

        return work

    Together([writer(seed) for seed in range(8)]).join()
    offsets = offsets_in_the_table(TOPIC)
    assert offsets == list(range(1, len(offsets) + 1))
    assert Head.objects.get(topic=TOPIC).head == len(offsets)


@dataclass
class Writer:
    """Fifty commits to one topic: (began, publication, committed)."""

    number: int
    commits: list[tuple[float, Publication, float]] = field(default_factory=list)

    def __call__(self) -> None:
        for n in range(50):
            began = time.monotonic()
            with transaction.atomic():
                [publication] = event_log.append([event(TOPIC, {"writer": self.number, "n": n})])
            self.commits.append((began, publication, time.monotonic()))
            # As at the end of a request; the pool is for 20 threads at once.
            connection.close()


def test_20_writers_of_50_leave_no_hole_and_a_reader_never_sees_one() -> None:
    writers = [Writer(number) for number in range(20)]
    connection.close()
    together = Together(writers)
    seen: list[int] = []
    looks = 0
    while together.at_work() or not looks:
        looks += 1
        replay = replayed(TOPIC, Position(None, len(seen)))
        assert replay.recovered
        seen += [p.offset for p in replay.publications]
        assert seen == list(range(1, len(seen) + 1))
        offsets = offsets_in_the_table(TOPIC)
        assert offsets == list(range(1, len(offsets) + 1))
    together.join()
    assert offsets_in_the_table(TOPIC) == list(range(1, 1001))
    commits = sorted(
        (commit for writer in writers for commit in writer.commits), key=lambda c: c[1].offset
    )
    assert [publication.offset for _, publication, _ in commits] == list(range(1, 1001))
    latest_begin = 0.0
    for began, publication, committed in commits:
        # One that was done before another began stands before it.
        assert committed >= latest_begin, publication
        latest_begin = max(latest_begin, began)
    found = replayed(TOPIC, Position(None, 0)).publications
    assert found == [publication for _, publication, _ in commits]


def test_20_sends_to_the_same_1000_topics_in_different_orders_all_succeed() -> None:
    names = [f"things/{number}" for number in range(1000)]

    def sender(seed: int) -> Callable[[], None]:
        mine = random.Random(seed).sample(names, len(names))

        def work() -> None:
            with unit_of_work():
                for name in mine:
                    publish(name, "happened", {"from": seed})

        return work

    connection.close()
    Together([sender(seed) for seed in range(20)]).join()
    _, heads = event_log.heads([Topic(name) for name in names])
    assert heads == dict.fromkeys(names, 20)
    assert Entry.objects.count() == 20_000


@pytest.mark.parametrize("events_each", [1, 3])
def test_a_unit_takes_as_many_statements_for_10000_topics_as_for_one(events_each: int) -> None:
    def statements(count: int) -> int:
        with CaptureQueriesContext(connection) as captured, unit_of_work():
            for number in range(count):
                for _ in range(events_each):
                    publish(f"things/{number}", "happened", {"text": "x" * 50})
        return len(captured)

    few = statements(1)
    assert statements(10_000) == few
    assert Head.objects.filter(head__gte=events_each).count() == 10_000


def test_reading_takes_one_statement_for_any_number_of_topics() -> None:
    with transaction.atomic():
        event_log.append([event(f"things/{number}") for number in range(1000)])
    wants: dict[Topic, Position | None] = {
        Topic(f"things/{number}"): Position(None, 0) for number in range(2000)
    }
    with CaptureQueriesContext(connection) as captured:
        _, replays = event_log.read(wants)
    assert len(captured) == 1
    assert sum(len(replay.publications) for replay in replays.values()) == 1000
    with CaptureQueriesContext(connection) as captured:
        _, heads = event_log.heads(list(wants))
    assert len(captured) == 1
    assert len(heads) == 1000


# --- replaying -------------------------------------------------------------------------------


def test_every_position_is_followed_by_exactly_what_came_after_it() -> None:
    written = write(TOPIC, 7)
    epoch = event_log.current_epoch()
    for offset in range(8):
        for position in (Position(epoch, offset), Position(None, offset)):
            replay = replayed(TOPIC, position)
            assert replay.recovered
            assert replay.head == Position(epoch, 7)
            assert replay.publications == written[offset:]


def test_without_a_position_there_is_the_head_and_nothing_to_replay() -> None:
    write(TOPIC, 3)
    replay = replayed(TOPIC, None)
    assert (replay.head.offset, replay.recovered, list(replay.publications)) == (3, True, [])


def test_a_topic_that_nobody_has_written_to_is_at_zero() -> None:
    epoch = event_log.current_epoch()
    for position in (None, Position(None, 0), Position(epoch, 0)):
        replay = replayed("things/new", position)
        assert replay.head == Position(epoch, 0)
        assert (replay.recovered, list(replay.publications)) == (True, [])
    assert not replayed("things/new", Position(epoch, 1)).recovered
    assert event_log.heads([Topic("things/new")]) == (epoch, {})


@pytest.mark.parametrize("offset", [4, 5, 2**31, 2**63 - 1, 2**63, 2**64, 10**40])
def test_an_offset_above_the_head_is_not_recovered(offset: int) -> None:
    write(TOPIC, 3)
    replay = replayed(TOPIC, Position(None, offset))
    assert (replay.head.offset, replay.recovered, list(replay.publications)) == (3, False, [])


@pytest.mark.parametrize("epoch", ["another", "-", "x" * 64, "'; DROP TABLE realtime_head; --"])
def test_a_position_of_another_epoch_is_not_recovered(epoch: str) -> None:
    write(TOPIC, 3)
    for offset in (0, 2, 3):
        replay = replayed(TOPIC, Position(epoch, offset))
        assert (replay.recovered, list(replay.publications)) == (False, [])


def test_a_new_epoch_ends_every_position_handed_out_before() -> None:
    write(TOPIC, 3)
    before = replayed(TOPIC, None).head
    epoch = event_log.begin_epoch()
    assert epoch != before.epoch
    assert ":" not in epoch
    assert event_log.current_epoch() == epoch
    assert not replayed(TOPIC, before).recovered
    # The log itself goes on where it was: an offset is never given twice.
    [publication] = write(TOPIC)
    assert (publication.epoch, publication.offset) == (epoch, 4)
    assert len(replayed(TOPIC, Position(epoch, 0)).publications) == 4


def test_retention_counts_before_a_row_has_been_deleted(limited: Callable[..., None]) -> None:
    limited(log_keep_events=10)
    written = write(TOPIC, 25)
    assert len(offsets_in_the_table(TOPIC)) == 25
    for offset in (0, 1, 14):
        replay = replayed(TOPIC, Position(None, offset))
        assert (replay.recovered, list(replay.publications)) == (False, [])
    for offset in (15, 16, 24, 25):
        replay = replayed(TOPIC, Position(None, offset))
        assert replay.recovered
        assert replay.publications == written[offset:]


def test_exactly_as_many_events_as_are_kept_are_replayed_from_zero(
    limited: Callable[..., None],
) -> None:
    limited(log_keep_events=10)
    write(TOPIC, 10)
    assert len(replayed(TOPIC, Position(None, 0)).publications) == 10
    write(TOPIC)
    assert not replayed(TOPIC, Position(None, 0)).recovered


def test_topics_read_together_do_not_get_each_others_events() -> None:
    with transaction.atomic():
        event_log.append([event("things/1"), event("things/11"), event("things/1")])
    _, replays = event_log.read(
        {
            Topic("things/1"): Position(None, 1),
            Topic("things/11"): Position(None, 0),
            Topic("things/111"): None,
        }
    )
    assert {topic: [p.offset for p in r.publications] for topic, r in replays.items()} == {
        "things/1": [2],
        "things/11": [1],
        "things/111": [],
    }


# --- redacting -------------------------------------------------------------------------------


def _noted(*entries: tuple[str, dict[str, object]]) -> list[Publication]:
    with transaction.atomic():
        return event_log.append([event(TOPIC, data, kind) for kind, data in entries])


def test_what_is_about_one_thing_is_given_other_data_and_keeps_its_place() -> None:
    written = _noted(
        ("said", {"id": 1, "text": "old"}),
        ("said", {"id": 17, "text": "secret"}),
        ("said", {"id": 170, "text": "kept"}),
        ("said", {"id": 2, "text": 'quotes "id":17, too'}),
        ("read", {"id": 17}),
        ("changed", {"text": "secret still", "id": 17}),
    )
    with transaction.atomic():
        changed = event_log.redact(
            [TOPIC],
            types=["said", "changed"],
            about=("id", 17),
            change=lambda data: {"id": 17} if data["id"] == 17 else None,
        )
    assert changed == 2
    gone = {2: b'{"id":17}', 6: b'{"id":17}'}
    found = replayed(TOPIC, Position(None, 0)).publications
    assert found == [replace(p, data=gone.get(p.offset, p.data)) for p in written]


def test_what_came_before_and_other_topics_are_left_alone() -> None:
    with transaction.atomic():
        written = event_log.append(
            [event(name, {"id": "a"}) for name in (TOPIC, "things/2", TOPIC)]
        )
    with transaction.atomic():
        event_log.redact(
            [TOPIC], types=["happened"], about=("id", "a"), change=lambda _: {}, since=2
        )
    assert replayed(TOPIC, Position(None, 0)).publications == [
        written[0],
        replace(written[2], data=b"{}"),
    ]
    assert replayed("things/2", Position(None, 0)).publications == [written[1]]


def test_redacting_what_is_not_in_the_log_any_more_changes_nothing() -> None:
    write(TOPIC, 2)
    with transaction.atomic():
        found = event_log.redact([TOPIC], types=["happened"], about=("id", 1), change=lambda _: {})
    assert found == 0


def test_redacting_and_trimming_one_topic_at_once_do_not_deadlock(
    limited: Callable[..., None],
) -> None:
    limited(log_keep_events=10)
    write(TOPIC, 10)
    over = threading.Event()

    def redacts() -> None:
        try:
            for number in range(40):
                with unit_of_work():
                    event_log.redact(
                        [TOPIC], types=["happened"], about=("n", 0), change=lambda data: data
                    )
                    publish(TOPIC, "happened", {"n": number % 3})
        finally:
            over.set()

    def trims() -> None:
        while not over.is_set():
            event_log.trim()

    connection.close()
    Together([redacts, trims, trims]).join()
    assert replayed(TOPIC, Position(None, 40)).recovered


def test_redacting_takes_as_many_statements_for_many_topics_as_for_one() -> None:
    names = [Topic(f"things/{number}") for number in range(50)]
    with transaction.atomic():
        event_log.append([event(name, {"of": {"id": 17}}) for name in names])

    def statements(count: int) -> int:
        with CaptureQueriesContext(connection) as captured, transaction.atomic():
            event_log.redact(
                names[:count],
                types=["happened"],
                about=("id", 17),
                change=lambda _: {"gone": True},
            )
        return len(captured)

    few = statements(1)
    assert statements(50) == few
    found = event_log.read(dict.fromkeys(names, Position(None, 0)))[1].values()
    assert {p.data for replay in found for p in replay.publications} == {b'{"gone":true}'}
