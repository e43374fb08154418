"""Waiting for somebody, and being paired exactly once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat.matching import limits, services
from chat.matching.models import Waiting
from chat.rooms.models import Membership, Room
from tests.chat.rooms.people import ApiUser, events_for
from tests.support.clocks import ClockAhead
from tests.support.threads import Run


@pytest.fixture
def people(db: None) -> Callable[[int], list[User]]:
    def make(count: int) -> list[User]:
        return [User.objects.create(username=f"seeker-{n}") for n in range(count)]

    return make


def matches(person: ApiUser) -> list[dict[str, Any]]:
    return [event.data for event in events_for(person) if event.type == "matched"]


def test_the_second_is_paired_with_the_first_and_both_are_told(
    alice: ApiUser, bob: ApiUser
) -> None:
    waits = alice.post("/matching")
    assert (waits.status_code, waits.json()["status"]) == (202, "waiting")
    paired = bob.post("/matching")
    room_id = paired.json()["room_id"]
    assert (paired.status_code, paired.json()) == (200, {"status": "matched", "room_id": room_id})
    assert matches(alice) == [{"room_id": room_id, "user_id": bob.id}]
    assert matches(bob) == [{"room_id": room_id, "user_id": alice.id}]
    assert alice.room(room_id)["kind"] == "direct"
    assert bob.room(room_id)["members_count"] == 2


def test_instances_whose_clocks_differ_pair_all_the_same(
    alice: ApiUser, bob: ApiUser, clock_ahead: ClockAhead
) -> None:
    alice.post("/matching")
    # By this clock she has been gone for minutes.
    clock_ahead(300)
    services.delete_expired()

    assert bob.post("/matching").status_code == 200


def test_who_polls_is_answered_the_room_and_then_wishes_anew(alice: ApiUser, bob: ApiUser) -> None:
    assert [alice.post("/matching").status_code for _ in range(3)] == [202] * 3
    assert Waiting.objects.count() == 1
    room_id = bob.post("/matching").json()["room_id"]
    assert alice.post("/matching").json() == {"status": "matched", "room_id": room_id}
    assert alice.post("/matching").status_code == 202


def test_who_gives_up_is_not_paired(alice: ApiUser, bob: ApiUser) -> None:
    alice.post("/matching")
    assert [alice.delete("/matching").status_code for _ in range(2)] == [204, 204]
    assert bob.post("/matching").status_code == 202


@pytest.mark.parametrize("who", ["waiting", "asking"])
def test_nobody_is_paired_with_whom_they_blocked_either_way(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, who: str
) -> None:
    one, other = (alice, bob) if who == "waiting" else (bob, alice)
    one.put(f"/users/{other.id}/block")
    alice.post("/matching")
    assert bob.post("/matching").status_code == 202
    # The next one is paired with the one who has waited longer.
    room_id = carol.post("/matching").json()["room_id"]
    assert matches(alice) == [{"room_id": room_id, "user_id": carol.id}]
    assert matches(bob) == []


def test_who_has_waited_too_long_or_was_not_seen_is_not_paired(
    alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    alice.post("/matching")
    Waiting.objects.update(since=timezone.now() - limits.WAIT)
    assert bob.post("/matching").status_code == 202
    Waiting.objects.filter(user=bob.id).update(seen_at=timezone.now() - limits.SEEN)
    assert carol.post("/matching").status_code == 202
    # Asking again is waiting anew.
    before = timezone.now()
    carol.delete("/matching")
    assert alice.post("/matching").status_code == 202
    assert Waiting.objects.get(user=alice.id).since >= before


def test_who_closes_their_last_tab_is_not_paired_unless_there_is_another_elsewhere(
    alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    alice.post("/matching")
    services.mark_gone([str(alice.id), "999999"])
    assert bob.post("/matching").status_code == 202
    services.mark_present([str(alice.id)])
    room_id = carol.post("/matching").json()["room_id"]
    assert matches(alice)[0]["room_id"] == room_id


def test_being_connected_keeps_a_wish_alive(alice: ApiUser) -> None:
    alice.post("/matching")
    old = timezone.now() - limits.NOTE - timedelta(seconds=1)
    Waiting.objects.update(seen_at=old)
    services.mark_present([str(alice.id)])
    noted = Waiting.objects.get().seen_at
    assert noted > old
    # Not written down every second.
    services.mark_present([str(alice.id)])
    assert Waiting.objects.get().seen_at == noted


def test_old_wishes_are_forgotten(alice: ApiUser, bob: ApiUser) -> None:
    alice.post("/matching")
    assert services.delete_expired() == 0
    long_ago = timezone.now() - limits.WAIT - limits.KEPT - timedelta(seconds=1)
    Waiting.objects.update(since=long_ago)
    assert services.delete_expired() == 1


def test_a_disabled_user_is_not_paired(alice: ApiUser, bob: ApiUser) -> None:
    alice.post("/matching")
    User.objects.filter(pk=alice.id).update(is_active=False)
    assert bob.post("/matching").status_code == 202


def test_of_a_hundred_who_press_at_once_everybody_is_paired_once(
    people: Callable[[int], list[User]], at_once: Run
) -> None:
    seekers = people(100)

    def press(some: list[User]) -> Callable[[], list[int | None]]:
        return lambda: [services.seek_match(user_id=user.pk).room_id for user in some]

    # As many threads as a process has connections.
    at_once([press(seekers[n::10]) for n in range(10)])
    assert Room.objects.count() == 50
    assert Membership.objects.count() == 100
    assert Membership.objects.values("user").distinct().count() == 100
    assert not Waiting.objects.filter(room=None).exists()


def test_two_presses_of_one_user_at_once_are_one_wish(alice: ApiUser, at_once: Run) -> None:
    def press() -> int | None:
        return services.seek_match(user_id=alice.id).room_id

    assert at_once([press] * 6) == [None] * 6
    assert Waiting.objects.count() == 1
    assert not Room.objects.exists()
