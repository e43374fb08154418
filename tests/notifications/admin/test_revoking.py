"""Revoking: asked first, told to the readers, written down."""

import pytest
from django.test import Client

from notifications.admin import notifications as page
from notifications.models import Batch
from tests.notifications.admin.conftest import Staff
from tests.notifications.admin.desk import BATCHES, NOTIFICATIONS, logged, text
from tests.notifications.people import ApiUser, send_to, send_to_all
from tests.support.events import events_on

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_is_revoked_after_being_asked(desk: Client, alice: ApiUser) -> None:
    first, second = (send_to(alice.id, title=title).ids[0] for title in ("One", "Two"))
    path = f"{NOTIFICATIONS}{first}/delete/"
    assert path in text(desk, f"{NOTIFICATIONS}{first}/change/")
    assert "Revoke 1 notification?" in text(desk, path)
    assert alice.count() == 2

    answer = desk.post(path, follow=True)

    assert "Revoked 1 notification: gone from every page." in answer.content.decode()
    assert alice.ids() == [second]
    assert alice.count() == 1
    assert alice.event_types(after=2) == ["notification.deleted"]
    assert logged() == ["Revoked."]
    # It stays on record, and there is nothing left to revoke.
    page = text(desk, f"{NOTIFICATIONS}{first}/change/")
    assert 'data-status="Deleted"' in page
    assert path not in page
    desk.post(path)
    assert logged() == ["Revoked."]
    assert "Revoked." in text(desk, f"{NOTIFICATIONS}{first}/history/")


def test_the_chosen_ones_are_revoked_together(desk: Client, alice: ApiUser, bob: ApiUser) -> None:
    ids = [*send_to(alice.id, bob.id).ids, *send_to(alice.id).ids, *send_to(bob.id).ids]
    chosen = {"action": "revoke", "_selected_action": ids[:3]}
    asked = desk.post(NOTIFICATIONS, chosen)
    assert "Revoke 3 notifications?" in asked.content.decode()
    assert logged() == []
    desk.post(NOTIFICATIONS, {**chosen, "agreed": "yes"})
    assert (alice.ids(), bob.ids()) == ([], ids[3:])
    assert logged() == ["Revoked."] * 3


def test_too_many_at_once_are_refused(
    desk: Client, alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PER_PAGE", 1)
    ids = [send_to(alice.id).ids[0] for _ in range(2)]
    chosen = {"action": "revoke", "_selected_action": ids, "agreed": "yes", "select_across": "1"}
    answer = desk.post(NOTIFICATIONS, chosen, follow=True)
    assert "Those are too many" in answer.content.decode()
    assert alice.count() == 2


def test_a_batch_is_revoked_whole(desk: Client, alice: ApiUser, bob: ApiUser) -> None:
    batch = send_to(alice.id, bob.id, title="Wrong").batch_id
    path = f"{BATCHES}{batch}/revoke/"
    assert path in text(desk, f"{BATCHES}{batch}/change/")
    asked = text(desk, path)
    assert "<strong>Wrong</strong>" in asked
    assert "2 users" in asked
    for _ in range(2):
        answer = desk.post(path)
        assert answer.headers["Location"] == f"{BATCHES}{batch}/change/"
    for person in (alice, bob):
        assert person.ids() == []
        assert person.event_types() == ["notification", "notification.deleted"]
    assert Batch.objects.get().revoked_at is not None
    assert logged() == ["Revoked."]
    assert path not in text(desk, f"{BATCHES}{batch}/change/")


def test_one_to_everyone_is_revoked(desk: Client, alice: ApiUser) -> None:
    sent = send_to_all()
    assert alice.count() == 1
    assert "everyone" in text(desk, f"{BATCHES}{sent.batch_id}/revoke/")
    desk.post(f"{BATCHES}{sent.batch_id}/revoke/")
    assert (alice.ids(), alice.count()) == ([], 0)
    assert [event.type for event in events_on("broadcast")][-1] == "notification.deleted"


@pytest.mark.parametrize(
    "permissions", [("view_notification", "view_batch"), ("send_notification",)]
)
def test_who_may_not_revoke_cannot(
    staff: Staff, alice: ApiUser, permissions: tuple[str, ...]
) -> None:
    sent = send_to(alice.id)
    client = staff(*permissions)
    chosen = {"action": "revoke", "_selected_action": sent.ids, "agreed": "yes"}
    client.post(NOTIFICATIONS, chosen)
    for ask in (client.get, client.post):
        assert ask(f"{NOTIFICATIONS}{sent.ids[0]}/delete/").status_code == 403
        assert ask(f"{BATCHES}{sent.batch_id}/revoke/").status_code == 403
    assert alice.count() == 1
    assert logged() == []


def test_who_may_revoke_and_look_can(staff: Staff, alice: ApiUser) -> None:
    sent = send_to(alice.id)
    client = staff("view_notification", "delete_notification")
    assert client.post(f"{NOTIFICATIONS}{sent.ids[0]}/delete/").status_code == 302
    assert alice.count() == 0
