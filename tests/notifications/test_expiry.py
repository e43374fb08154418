"""What expires goes by itself, and everybody is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import limits, services
from notifications.models import Notification
from realtime.registries import periodic_tasks
from tests.notifications.people import ApiUser, send_to


def expire(*ids: int) -> None:
    """Let time pass for these."""
    past = timezone.now() - timedelta(seconds=1)
    assert Notification.objects.filter(pk__in=ids).update(expires_at=past) == len(ids)


def test_expired_ones_are_deleted_counted_and_told(alice: ApiUser, bob: ApiUser) -> None:
    later = timezone.now() + timedelta(hours=1)
    gone = send_to(alice.id, bob.id, expires_at=later).ids
    (read,) = send_to(alice.id, expires_at=later).ids
    (stays,) = send_to(alice.id, expires_at=later).ids
    alice.put(f"/{read}/read")
    expire(*gone, read)

    assert services.delete_expired() == 3
    assert services.delete_expired() == 0
    assert alice.ids() == [stays]
    assert (alice.count(), bob.count()) == (1, 0)
    reported = [(event.type, event.data["id"]) for event in alice.events(after=4)]
    assert reported == [("notification.deleted", gone[0]), ("notification.deleted", read)]
    assert bob.event_types() == ["notification", "notification.deleted"]


def test_what_has_no_end_stays(alice: ApiUser) -> None:
    send_to(alice.id)
    assert services.delete_expired() == 0
    assert alice.count() == 1


def test_one_run_deletes_so_many_and_no_more(
    alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EXPIRE_ROWS", 2)
    monkeypatch.setattr(limits, "EXPIRE_ROUNDS", 2)
    later = timezone.now() + timedelta(hours=1)
    expire(*(send_to(alice.id, expires_at=later).ids[0] for _ in range(5)))
    assert [services.delete_expired() for _ in range(3)] == [4, 1, 0]
    assert alice.count() == 0


def test_the_instances_do_it_every_few_seconds() -> None:
    every = {task.work: task.every_s for task in periodic_tasks.registered()}
    assert every[services.delete_expired] == 5
    assert every[services.delete_expired_keys] <= 3600
