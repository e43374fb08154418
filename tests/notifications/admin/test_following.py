"""Who has read what: counts and readers of a batch, to some or to everyone."""

import uuid
from typing import Any

import pytest
from django.test import Client

from notifications import batch_recipients, services
from notifications.models import Batch
from tests.notifications.admin.desk import BATCHES, NOTIFICATIONS, text
from tests.notifications.people import ApiUser, send_to, send_to_all, some_users

pytestmark = pytest.mark.django_db(transaction=True)


def context(client: Client, path: str, **query: Any) -> Any:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.context


def shown(client: Client, batch_id: str, **query: Any) -> tuple[list[int], list[str]]:
    """Recipients, read, unread and deleted; and who is listed."""
    found = context(client, f"{BATCHES}{batch_id}/change/", **query)
    tally = found["tally"]
    counts = [tally.recipients, tally.read, tally.unread, tally.deleted]
    return counts, [reader.username for reader in found["readers"]]


def test_of_a_batch_to_some(desk: Client, alice: ApiUser, bob: ApiUser, carol: ApiUser) -> None:
    sent = send_to(alice.id, bob.id, carol.id)
    assert shown(desk, sent.batch_id) == ([3, 0, 3, 0], [])
    services.mark_read(user_id=bob.id, notification_id=sent.ids[1])
    services.mark_read(user_id=alice.id, notification_id=sent.ids[0])
    services.delete(user_id=alice.id, notification_id=sent.ids[0])
    assert shown(desk, sent.batch_id) == ([3, 2, 1, 1], ["alice", "bob"])
    assert shown(desk, sent.batch_id, state="unread")[1] == ["carol"]
    assert shown(desk, sent.batch_id, state="deleted")[1] == ["alice"]
    assert shown(desk, sent.batch_id, state="nonsense")[1] == ["alice", "bob"]
    page = text(desk, f"{BATCHES}{sent.batch_id}/change/")
    assert "(67 %)" in page
    assert "Two items" in page


def test_of_one_to_everyone(desk: Client, alice: ApiUser, bob: ApiUser, carol: ApiUser) -> None:
    sent = send_to_all()
    some_users(1)  # who came later
    assert shown(desk, sent.batch_id) == ([4, 0, 4, 0], [])
    services.mark_read(user_id=alice.id, notification_id=sent.ids[0])
    services.delete(user_id=bob.id, notification_id=sent.ids[0])
    assert shown(desk, sent.batch_id) == ([4, 1, 2, 1], ["alice"])
    assert shown(desk, sent.batch_id, state="deleted")[1] == ["bob"]
    assert shown(desk, sent.batch_id, state="unread")[1] == []
    # Its own page shows the same.
    found = context(desk, f"{NOTIFICATIONS}{sent.ids[0]}/change/")
    assert (found["tally"].read, found["recipient"]) == (1, "Everyone")
    services.withdraw(notification_ids=sent.ids)
    assert shown(desk, sent.batch_id)[0] == [4, 1, 0, 4]


def test_readers_come_in_pages(
    desk: Client, alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_recipients, "PER_PAGE", 2)
    monkeypatch.setattr("notifications.admin.details.PER_PAGE", 2)
    people = some_users(5)
    sent = send_to(*(user.pk for user in people))
    names = [user.username for user in people]
    assert shown(desk, sent.batch_id, state="unread")[1] == names[:2]
    assert shown(desk, sent.batch_id, state="unread", p="3")[1] == names[4:]
    assert shown(desk, sent.batch_id, state="unread", p="99")[1] == names[4:]
    assert "state=unread&amp;p=2" in text(desk, f"{BATCHES}{sent.batch_id}/change/", state="unread")


def test_one_persons_notification_says_when_it_was_read(desk: Client, alice: ApiUser) -> None:
    (sent,) = send_to(alice.id, reference_type="order", reference_id="1042").ids
    services.mark_read(user_id=alice.id, notification_id=sent)
    page = text(desk, f"{NOTIFICATIONS}{sent}/change/")
    assert 'data-status="Read"' in page
    assert "order 1042" in page
    assert f"{BATCHES}{Batch.objects.get().pk}/change/" in page
    assert f"?user={alice.id}" in page


@pytest.mark.parametrize(
    "path",
    [
        f"{NOTIFICATIONS}99999999999999999999/change/",
        f"{NOTIFICATIONS}7/delete/",
        f"{NOTIFICATIONS}x/delete/",
        f"{BATCHES}x/change/",
        f"{BATCHES}{uuid.UUID(int=7)}/change/",
        f"{BATCHES}{uuid.UUID(int=7)}/revoke/",
    ],
)
def test_what_is_not_there_is_not_found(desk: Client, path: str) -> None:
    assert desk.get(path).status_code == 404
