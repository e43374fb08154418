"""Once a notification is deleted, however it was, no replay shows what it said."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone

from notifications import services
from notifications.live import stream_views
from notifications.models import Notification
from notifications.services import Answer
from realtime import redaction
from realtime.protocol.presentation import AS_LOGGED
from realtime.publishing import publish, unit_of_work
from tests.notifications.people import ApiUser, send_to, send_to_all
from tests.support.events import events_on, publications_of

SECRET = "The door code is 4711"
SAID: dict[str, Any] = {
    "title": SECRET,
    "message": SECRET,
    "link": "/doors/4711",
    "reference_id": "4711",
    "reference_type": "door",
    "data": {"code": "4711"},
}


def _expire(sent: Answer) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Notification.objects.filter(pk__in=sent.ids).update(expires_at=past)
    services.delete_expired()


def _revoke(sent: Answer) -> None:
    services.revoke(sender="service:orders", batch_id=uuid.UUID(sent.batch_id))


def _withdraw(sent: Answer) -> None:
    services.withdraw(notification_ids=sent.ids)


def _delete(sent: Answer) -> None:
    for row in Notification.objects.filter(pk__in=sent.ids):
        services.delete(user_id=row.user_id or 0, notification_id=row.pk)


WAYS: dict[str, Callable[[Answer], None]] = {
    "revoked": _revoke,
    "expired": _expire,
    "withdrawn by an admin": _withdraw,
}


@pytest.mark.parametrize("way", [*WAYS.values(), _delete], ids=[*WAYS, "deleted"])
def test_its_text_leaves_the_log_of_everyone_who_had_it(
    alice: ApiUser, bob: ApiUser, way: Callable[[Answer], None]
) -> None:
    send_to(alice.id, message="before")
    sent = send_to(alice.id, bob.id, **SAID)
    send_to(alice.id, message="after")
    way(sent)
    for person in (alice, bob):
        assert "4711" not in str(person.events())
        assert person.event_types()[-1] == "notification.deleted"
    shown = [event.data["message"] for event in alice.events()[:3]]
    assert shown == ["before", "", "after"]
    [gone] = [event.data for event in bob.events() if event.type == "notification"]
    # It is whole, so that clients can read it, and nothing to ring for.
    assert gone["id"] == gone["notification_id"] == sent.ids[1]
    assert (gone["type"], gone["status"], gone["data"]) == ("ORDER_CREATED", "READ", {})


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_so_does_that_of_a_broadcast(way: Callable[[Answer], None], alice: ApiUser) -> None:
    way(send_to_all(**SAID))
    events = events_on("broadcast")
    assert [event.type for event in events] == ["notification", "notification.deleted"]
    assert "4711" not in str(events)


def test_a_reader_who_deletes_a_broadcast_takes_it_from_nobody_else(
    alice: ApiUser, bob: ApiUser
) -> None:
    (sent,) = send_to_all(**SAID).ids
    alice.delete(f"/{sent}")
    assert (alice.ids(), bob.ids()) == ([], [sent])
    assert events_on("broadcast")[0].data["message"] == SECRET


def test_what_a_newer_one_takes_the_place_of_is_gone(alice: ApiUser) -> None:
    send_to(alice.id, collapse_key="door", **SAID)
    send_to(alice.id, collapse_key="door", message="The code was changed")
    assert "4711" not in str(alice.events())
    with unit_of_work():
        send_to(alice.id, collapse_key="door", **SAID)
        send_to(alice.id, collapse_key="door", message="And again")
    assert "4711" not in str(alice.events())
    assert alice.event_types().count("notification.deleted") == 3


def test_bare_streams_pass_over_it(alice: ApiUser) -> None:
    sent = send_to(alice.id, **SAID)
    send_to(alice.id, message="after")
    _delete(sent)
    shown = [stream_views.bare(one, AS_LOGGED) for one in publications_of(f"users/{alice.id}")]
    assert [orjson.loads(body)["message"] for body in shown if body] == ["after"]


def test_one_from_before_its_place_was_remembered_is_found_all_the_same(alice: ApiUser) -> None:
    with unit_of_work():
        for number in range(redaction.NEAR + 1):
            publish(f"users/{alice.id}", "job", {"id": number})
    sent = send_to(alice.id, **SAID)
    Notification.objects.filter(pk__in=sent.ids).update(logged_after=None)
    _delete(sent)
    assert "4711" not in str(alice.events(after=redaction.NEAR))


def test_one_that_is_older_than_the_log_is_deleted_all_the_same(alice: ApiUser) -> None:
    sent = send_to(alice.id, **SAID)
    Notification.objects.filter(pk__in=sent.ids).update(logged_after=5_000)
    _delete(sent)
    assert alice.ids() == []
