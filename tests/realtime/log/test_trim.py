"""Trimming: exactly what can no longer be replayed, while others read, write and trim."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from realtime.log import event_log
from realtime.models import Entry, Head
from realtime.protocol.messages import Position, Topic
from tests.realtime.actors import Together, event, replayed, write

pytestmark = pytest.mark.django_db(transaction=True)

TOPIC = Topic("things/1")
KEEP = 10
STRIDE = KEEP // 5


@pytest.fixture(autouse=True)
def _keep(limited: Callable[..., None]) -> None:
    limited(log_keep_events=KEEP)


def kept(topic: str = TOPIC) -> list[int]:
    rows = Entry.objects.filter(topic=topic).order_by("offset")
    return list(rows.values_list("offset", flat=True))


def test_a_topic_that_can_be_replayed_whole_is_left_alone() -> None:
    write(TOPIC, KEEP)
    assert event_log.trim() == 0
    assert kept() == list(range(1, KEEP + 1))


def test_a_topic_is_trimmed_in_strides() -> None:
    write(TOPIC, KEEP + STRIDE - 1)
    assert event_log.trim() == 0
    assert len(kept()) == KEEP + STRIDE - 1
    write(TOPIC)
    assert event_log.trim() == 1
    assert kept() == list(range(STRIDE + 1, KEEP + STRIDE + 1))


def test_trimming_changes_no_answer() -> None:
    write(TOPIC, 37)
    before = [replayed(TOPIC, Position(None, offset)) for offset in range(39)]
    assert event_log.trim() == 1
    assert [replayed(TOPIC, Position(None, offset)) for offset in range(39)] == before
    assert kept() == list(range(28, 38))


def test_trimming_twice_deletes_nothing_more() -> None:
    write(TOPIC, 30)
    assert event_log.trim() == 1
    assert event_log.trim() == 0
    assert kept() == list(range(21, 31))


def test_a_head_outlives_its_events() -> None:
    write(TOPIC, 30)
    event_log.trim()
    Entry.objects.filter(topic=TOPIC).delete()
    [publication] = write(TOPIC)
    assert publication.offset == 31


def test_where_rows_are_missing_nothing_is_replayed_in_part() -> None:
    """An instance with a smaller `log_keep_events` has trimmed."""
    write(TOPIC, KEEP)
    Entry.objects.filter(topic=TOPIC, offset__lte=5).delete()
    replay = replayed(TOPIC, Position(None, 3))
    assert (replay.recovered, list(replay.publications)) == (False, [])
    assert len(replayed(TOPIC, Position(None, 5)).publications) == 5


def test_many_topics_are_trimmed_in_several_short_transactions() -> None:
    with transaction.atomic():
        event_log.append([event(f"things/{n}") for n in range(1200) for _ in range(KEEP + STRIDE)])
    with CaptureQueriesContext(connection) as captured:
        assert event_log.trim() == 1200
    assert sum("COMMIT" in query["sql"] for query in captured.captured_queries) >= 3
    assert Entry.objects.count() == 1200 * KEEP
    assert Head.objects.filter(trimmed=STRIDE).count() == 1200


def test_several_instances_may_trim_at_once_while_others_write() -> None:
    names = [f"things/{number}" for number in range(20)]
    writing = threading.Event()
    writing.set()

    def writer() -> None:
        for _ in range(40):
            with transaction.atomic():
                event_log.append([event(name) for name in names])
            connection.close()

    def trimmer() -> None:
        while writing.is_set():
            event_log.trim()
            connection.close()

    trimmers = Together([trimmer] * 4)
    writers = Together([writer] * 4)
    try:
        while writers.at_work():
            head = replayed(TOPIC, None).head.offset
            # From the oldest position that a client may still have, or a later one.
            replay = replayed(TOPIC, Position(None, max(head - KEEP // 2, 0)))
            delta = replay.head.offset - head
            assert replay.recovered or delta > KEEP // 2
        writers.join()
    finally:
        writing.clear()
        trimmers.join()
    event_log.trim()
    for name in names:
        rows = kept(name)
        assert rows[-1] == 160
        assert rows == list(range(rows[0], 161))
        assert KEEP <= len(rows) < KEEP + STRIDE
