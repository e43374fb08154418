"""The database is asked as often for 10,000 recipients as for one."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import limits, services
from notifications.models import Batch, Notification
from notifications.services import Answer, Content, Once, RecipientKind, Recipients
from realtime.publishing import unit_of_work
from tests.notifications.people import send_to, some_users

MANY = 10_000


def statements(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as asked:
        work()
    return len(asked)


@pytest.fixture
def people(db: None) -> Sequence[tuple[int, str, str]]:
    """Id, username and external id of many."""
    return [(user.pk, user.username, user.external_id or "") for user in some_users(MANY)]


@pytest.mark.parametrize(
    ("place", "by"),
    [(0, RecipientKind.USER_ID), (1, RecipientKind.USERNAME), (2, RecipientKind.EXTERNAL_ID)],
)
def test_of_a_send(people: Sequence[tuple[Any, ...]], place: int, by: RecipientKind) -> None:
    def send(count: int) -> Answer:
        return services.send(
            sender="service:orders",
            to=Recipients(by, [person[place] for person in people[:count]]),
            content=Content(type="SYSTEM", message="Hello"),
            once=Once(f"{by}:{count}", "0" * 64),
        )

    asked = {statements(partial(send, count)) for count in (1, 10, MANY)}
    assert len(asked) == 1, asked
    assert asked.pop() <= 15


def test_of_a_send_to_people_nobody_has_heard_of(db: None) -> None:
    def send(count: int) -> Answer:
        names = [f"{count}-{number}" for number in range(count)]
        return services.send(
            sender="service:orders",
            to=Recipients(RecipientKind.EXTERNAL_ID, names),
            content=Content(type="SYSTEM", message="Hello"),
        )

    asked = {statements(partial(send, count)) for count in (1, 10, MANY)}
    assert len(asked) == 1, asked


def test_of_a_send_that_collapses(people: Sequence[tuple[Any, ...]]) -> None:
    ids = [person[0] for person in people]
    send_to(*ids, collapse_key="k")
    asked = [
        statements(partial(send_to, *ids[:count], collapse_key="k")) for count in (1, 10, MANY)
    ]
    assert len(set(asked)) == 1, asked


def test_of_revoking(people: Sequence[tuple[Any, ...]]) -> None:
    ids = [person[0] for person in people]

    def revoke(count: int) -> int:
        batch = Batch.objects.get(pk=send_to(*ids[:count]).batch_id)
        return statements(lambda: services.revoke(sender=batch.sender, batch_id=batch.pk))

    assert len({revoke(1), revoke(10), revoke(MANY)}) == 1


def test_of_expiring_as_many_as_go_at_once(people: Sequence[tuple[Any, ...]]) -> None:
    ids = [person[0] for person in people]

    def expire(count: int) -> int:
        answer = send_to(*ids[:count], expires_at=timezone.now() + timedelta(hours=1))
        past = timezone.now() - timedelta(seconds=1)
        Notification.objects.filter(batch_id=answer.batch_id).update(expires_at=past)
        return statements(services.delete_expired)

    assert len({expire(1), expire(10), expire(limits.EXPIRE_ROWS - 1)}) == 1


def test_of_reading_all(people: Sequence[tuple[Any, ...]]) -> None:
    user_id = people[0][0]

    def read(count: int) -> int:
        with unit_of_work():
            for _ in range(count):
                send_to(user_id)
        return statements(lambda: services.mark_all_read(user_id=user_id))

    assert read(1) == read(50)
