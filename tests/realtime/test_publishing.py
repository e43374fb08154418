"""A unit of work: collect, append once at the end, tell the hubs after the commit."""

from collections.abc import Iterator, Sequence

import pytest
from django.db import transaction

from realtime.fanout import delivery
from realtime.log import event_log
from realtime.models import Head
from realtime.protocol.messages import Position, Publication, Topic
from realtime.protocol.principal import Eviction
from realtime.publishing import disconnect, publish, unit_of_work
from tests.realtime.actors import ChangeOfMindError, Together, replayed, write
from tests.support.receivers import NoStates

pytestmark = pytest.mark.django_db(transaction=True)


class PostOffice(NoStates):
    """Where a process with a hub takes in what was committed."""

    def __init__(self) -> None:
        self.publications: list[Publication] = []
        self.evictions: list[Eviction] = []
        self.calls = 0

    def enqueue(self, publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
        self.calls += 1
        self.publications.extend(publications)
        self.evictions.extend(evictions)

    @property
    def reported(self) -> list[tuple[str, int, bytes | None]]:
        return [(p.topic, p.offset, p.data) for p in self.publications]


@pytest.fixture
def post() -> Iterator[PostOffice]:
    office = PostOffice()
    delivery.deliver_to(office)
    yield office
    delivery.deliver_to(None)


def head(topic: str) -> int:
    return replayed(topic, None).head.offset


def test_publishing_outside_a_unit_of_work_is_refused(post: PostOffice) -> None:
    with pytest.raises(RuntimeError, match="expected a surrounding unit_of_work"):
        publish("things/1", "happened", {})
    with pytest.raises(RuntimeError, match="expected a surrounding unit_of_work"):
        disconnect(user_id=1)
    # A transaction alone does not append.
    with transaction.atomic(), pytest.raises(RuntimeError, match="unit_of_work"):
        publish("things/1", "happened", {})
    assert post.calls == 0


def test_what_was_published_is_in_the_log_and_told_after_the_commit(post: PostOffice) -> None:
    with unit_of_work():
        publish("things/1", "happened", {"n": 1})
        publish("things/2", "happened", {"n": 2})
        publish("things/1", "happened", {"n": 3})
        assert post.calls == 0
        assert head("things/1") == 0
    assert post.reported == [
        ("things/1", 1, b'{"n":1}'),
        ("things/2", 1, b'{"n":2}'),
        ("things/1", 2, b'{"n":3}'),
    ]
    assert post.calls == 1
    assert replayed("things/1", Position(None, 0)).publications == [
        post.publications[0],
        post.publications[2],
    ]


def test_data_is_taken_as_it_is_at_that_moment(post: PostOffice) -> None:
    data = {"n": 1}
    with unit_of_work():
        publish("things/1", "happened", data)
        data["n"] = 2
    assert post.reported == [("things/1", 1, b'{"n":1}')]


@pytest.mark.parametrize("topic", ["", "Things/1", "things/", "things/a b", "things/1/2", "1"])
def test_what_is_no_topic_is_refused_at_once(topic: str, post: PostOffice) -> None:
    with unit_of_work(), pytest.raises(ValueError, match="expected a topic"):
        publish(topic, "happened", {})
    assert post.calls == 0


def test_a_unit_that_raises_leaves_nothing(post: PostOffice) -> None:
    @unit_of_work()
    def fails() -> None:
        Head.objects.create(topic="things/row", head=0)
        publish("things/1", "happened", {})
        disconnect(user_id=1)
        raise ChangeOfMindError

    with pytest.raises(ChangeOfMindError):
        fails()
    assert head("things/1") == 0
    assert not Head.objects.exists()
    assert post.calls == 0
    # And nothing of it hangs over into the next one.
    with unit_of_work():
        publish("things/1", "happened", {"n": 2})
    assert post.reported == [("things/1", 1, b'{"n":2}')]


def test_a_unit_without_publications_tells_nobody_and_asks_nothing(post: PostOffice) -> None:
    with unit_of_work():
        Head.objects.create(topic="things/row", head=0)
    assert Head.objects.exists()
    assert post.calls == 0


def test_inner_blocks_append_with_the_outermost_in_order(post: PostOffice) -> None:
    with unit_of_work():
        publish("things/1", "happened", {"n": 1})
        with unit_of_work():
            publish("things/1", "happened", {"n": 2})
            with unit_of_work():
                publish("things/1", "happened", {"n": 3})
        assert head("things/1") == 0
        publish("things/1", "happened", {"n": 4})
    assert [data for _, _, data in post.reported] == [b'{"n":%d}' % n for n in (1, 2, 3, 4)]
    assert post.calls == 1


def test_an_inner_block_that_raises_takes_back_its_own_only(post: PostOffice) -> None:
    @unit_of_work()
    def fails() -> None:
        Head.objects.create(topic="things/row", head=0)
        publish("things/1", "happened", {"n": 2})
        disconnect(user_id=2)
        with unit_of_work():
            publish("things/2", "happened", {"n": 3})
        raise ChangeOfMindError

    with unit_of_work():
        publish("things/1", "happened", {"n": 1})
        disconnect(user_id=1)
        with pytest.raises(ChangeOfMindError):
            fails()
        publish("things/1", "happened", {"n": 4})
    assert post.reported == [("things/1", 1, b'{"n":1}'), ("things/1", 2, b'{"n":4}')]
    assert post.evictions == [Eviction(1, None)]
    assert not Head.objects.filter(topic="things/row").exists()
    assert head("things/2") == 0


def test_inside_an_outer_transaction_nobody_is_told_before_its_commit(post: PostOffice) -> None:
    with transaction.atomic():
        with unit_of_work():
            publish("things/1", "happened", {})
        assert head("things/1") == 1
        assert post.calls == 0
    assert post.reported == [("things/1", 1, b"{}")]


def test_an_outer_transaction_that_rolls_back_takes_the_unit_with_it(post: PostOffice) -> None:
    @transaction.atomic
    def fails() -> None:
        with unit_of_work():
            publish("things/1", "happened", {})
        raise ChangeOfMindError

    with pytest.raises(ChangeOfMindError):
        fails()
    assert head("things/1") == 0
    assert post.calls == 0
    assert write("things/1")[0].offset == 1


def test_evictions_go_out_with_the_commit(post: PostOffice) -> None:
    with unit_of_work():
        disconnect(user_id=7)
        disconnect(user_id=8, login_id="phone")
        assert post.calls == 0
    assert post.evictions == [Eviction(7, None), Eviction(8, "phone")]
    assert post.publications == []


def test_a_post_that_fails_does_not_fail_the_request_that_has_committed() -> None:
    class Broken(NoStates):
        def enqueue(
            self, publications: Sequence[Publication], evictions: Sequence[Eviction]
        ) -> None:
            raise ConnectionError("gone")

    delivery.deliver_to(Broken())
    try:
        with unit_of_work():
            publish("things/1", "happened", {})
    finally:
        delivery.deliver_to(None)
    assert head("things/1") == 1


def test_each_thread_has_its_own_unit(post: PostOffice) -> None:
    def work() -> None:
        with pytest.raises(RuntimeError):
            publish("things/1", "happened", {})

    with unit_of_work():
        publish("things/1", "happened", {})
        Together([work]).join()
    assert event_log.heads([Topic("things/1")])[1] == {"things/1": 1}
    assert len(post.publications) == 1
