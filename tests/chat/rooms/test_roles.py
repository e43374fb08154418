"""Who may do what: roles, sending away, handing over, banning."""

from collections.abc import Callable
from typing import Any

import pytest

from chat.rooms import services
from chat.rooms.models import Ban, Membership, Role
from tests.chat.rooms.people import (
    ApiUser,
    event_types,
    events,
    events_for,
    faults,
    give_role,
    refusal,
)


def roles(person: ApiUser, room_id: int) -> dict[str, str]:
    return {row["username"]: row["role"] for row in person.members(room_id)}


def test_the_owner_makes_moderators_and_everybody_is_told(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    answer = alice.patch(f"/rooms/{closed}/members/{bob.id}", role="moderator")
    shown = {"user_id": bob.id, "username": "bob", "role": "moderator"}
    assert (answer.status_code, answer.json()) == (200, shown)
    assert alice.patch(f"/rooms/{closed}/members/{bob.id}", role="moderator").json() == shown
    [changed] = events(closed, after=1)
    assert (changed.type, changed.data) == ("member.changed", shown)
    assert bob.room(closed)["role"] == "moderator"


def test_handing_over_leaves_one_owner(alice: ApiUser, bob: ApiUser, closed: int) -> None:
    assert alice.patch(f"/rooms/{closed}/members/{bob.id}", role="owner").status_code == 200
    assert roles(bob, closed) == {"alice": "moderator", "bob": "owner"}
    assert event_types(closed, after=1) == ["member.changed", "member.changed"]
    assert alice.post(f"/rooms/{closed}/leave").status_code == 204


def test_two_handings_over_at_once_leave_one_owner(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int, at_once: Callable[..., list[Any]]
) -> None:
    services.add_member(user_id=alice.id, room_id=closed, member_id=carol.id)

    def to(person: ApiUser) -> Callable[[], int]:
        return lambda: alice.patch(f"/rooms/{closed}/members/{person.id}", role="owner").status_code

    assert sorted(at_once([to(bob), to(carol)])) == [200, 403]
    owners = Membership.objects.filter(room=closed, role=str(Role.OWNER))
    assert owners.count() == 1


def test_only_the_owner_gives_roles_and_keeps_their_own(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int, direct: int
) -> None:
    path = f"/rooms/{closed}/members"
    assert refusal(bob.patch(f"{path}/{bob.id}", role="owner")) == (403, "FORBIDDEN")
    give_role(bob, closed, "moderator")
    assert refusal(bob.patch(f"{path}/{alice.id}", role="member")) == (403, "FORBIDDEN")
    assert refusal(alice.patch(f"{path}/{alice.id}", role="member")) == (409, "CONFLICT")
    assert refusal(alice.patch(f"{path}/{carol.id}", role="member")) == (404, "NOT_FOUND")
    assert refusal(carol.patch(f"{path}/{bob.id}", role="owner")) == (404, "NOT_FOUND")
    assert faults(alice.patch(f"{path}/{bob.id}", role="king")) == ["role"]
    answer = alice.patch(f"/rooms/{direct}/members/{bob.id}", role="moderator")
    assert refusal(answer) == (409, "CONFLICT")
    assert event_types(closed, after=1) == []


def test_who_is_sent_away_is_out_and_their_other_tabs_know(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    assert alice.delete(f"/rooms/{closed}/members/{bob.id}").status_code == 204
    assert events(closed)[-1].data == {"user_id": bob.id}
    assert refusal(bob.get(f"/rooms/{closed}")) == (404, "NOT_FOUND")
    assert refusal(alice.delete(f"/rooms/{closed}/members/{bob.id}")) == (404, "NOT_FOUND")
    assert [(event.type, event.data) for event in events_for(bob)] == [
        ("room.added", {"room_id": closed}),
        ("room.removed", {"room_id": closed}),
    ]


def test_who_stands_lower_or_as_high_sends_nobody_away(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int
) -> None:
    services.add_member(user_id=alice.id, room_id=closed, member_id=carol.id)
    path = f"/rooms/{closed}/members"
    assert refusal(bob.delete(f"{path}/{carol.id}")) == (403, "FORBIDDEN")
    give_role(bob, closed, "moderator")
    give_role(carol, closed, "moderator")
    assert refusal(bob.delete(f"{path}/{carol.id}")) == (403, "FORBIDDEN")
    assert refusal(bob.delete(f"{path}/{alice.id}")) == (403, "FORBIDDEN")
    give_role(carol, closed, "member")
    assert bob.delete(f"{path}/{carol.id}").status_code == 204
    # Oneself: that is leaving.
    assert bob.delete(f"{path}/{bob.id}").status_code == 204
    assert roles(alice, closed) == {"alice": "owner"}


@pytest.mark.parametrize("member_id", [999_999, 2**63, 2**70])
def test_whom_nobody_knows_is_no_member(alice: ApiUser, closed: int, member_id: int) -> None:
    answer = alice.delete(f"/rooms/{closed}/members/{member_id}")
    assert refusal(answer) == (404, "NOT_FOUND")


def test_who_is_banned_does_not_come_back_until_it_is_lifted(
    alice: ApiUser, bob: ApiUser, opened: int
) -> None:
    services.join_room(user_id=bob.id, room_id=opened)
    assert services.ban_user(room_id=opened, user_id=bob.id, by=alice.id)
    assert not services.ban_user(room_id=opened, user_id=bob.id, by=alice.id)
    assert event_types(opened) == ["member.joined", "member.left"]
    assert refusal(bob.post(f"/rooms/{opened}/join")) == (403, "FORBIDDEN")
    invited = alice.post(f"/rooms/{opened}/members", user_id=bob.id)
    assert refusal(invited) == (409, "CONFLICT")
    Ban.objects.all().delete()
    assert bob.post(f"/rooms/{opened}/join").status_code == 200


def test_an_expelled_owners_room_goes_to_the_longest_there(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int
) -> None:
    services.add_member(user_id=alice.id, room_id=closed, member_id=carol.id)
    give_role(carol, closed, "moderator")
    assert services.expel_member(room_id=closed, user_id=alice.id)
    assert not services.expel_member(room_id=closed, user_id=alice.id)
    assert roles(bob, closed) == {"bob": "member", "carol": "owner"}
    assert event_types(closed, after=2) == ["member.left", "member.changed"]


def test_nobody_is_expelled_from_a_direct_room(alice: ApiUser, direct: int) -> None:
    assert not services.expel_member(room_id=direct, user_id=alice.id)
    assert alice.room(direct)["members_count"] == 2
