"""Joining, inviting, leaving."""

from collections.abc import Callable
from typing import Any

import pytest

from chat.rooms import services
from chat.rooms.models import Membership
from tests.chat.rooms.people import ApiUser, event_types, events, faults, give_role, refusal


def test_who_joins_an_open_room_is_in_it_and_the_others_are_told(
    alice: ApiUser, bob: ApiUser, opened: int
) -> None:
    assert refusal(bob.get(f"/rooms/{opened}")) == (403, "FORBIDDEN")
    joined = bob.does(f"/rooms/{opened}/join")
    assert (joined["role"], joined["members_count"]) == ("member", 2)
    assert bob.room(opened) == joined
    [event] = events(opened)
    assert event.type == "member.joined"
    assert event.data == {"user_id": bob.id, "username": "bob", "role": "member"}
    assert alice.members(opened) == [
        {"user_id": alice.id, "username": "alice", "role": "owner"},
        event.data,
    ]


def test_joining_twice_is_joining_once(bob: ApiUser, opened: int) -> None:
    first = bob.does(f"/rooms/{opened}/join")
    assert bob.does(f"/rooms/{opened}/join") == first
    assert event_types(opened) == ["member.joined"]


def test_ten_joins_of_one_user_at_once_are_one(
    bob: ApiUser, opened: int, at_once: Callable[..., list[Any]]
) -> None:
    def join() -> bool:
        return services.join_room(user_id=bob.id, room_id=opened).created

    assert sum(at_once([join] * 10)) == 1
    assert event_types(opened) == ["member.joined"]


def test_who_leaves_is_out_until_they_join_again(alice: ApiUser, bob: ApiUser, opened: int) -> None:
    bob.does(f"/rooms/{opened}/join")
    assert bob.post(f"/rooms/{opened}/leave").status_code == 204
    assert refusal(bob.get(f"/rooms/{opened}/messages")) == (403, "FORBIDDEN")
    assert refusal(bob.post(f"/rooms/{opened}/leave")) == (403, "FORBIDDEN")
    assert events(opened)[-1].type == "member.left"
    assert events(opened)[-1].data == {"user_id": bob.id}
    bob.does(f"/rooms/{opened}/join")
    assert event_types(opened) == ["member.joined", "member.left", "member.joined"]
    assert alice.room(opened)["members_count"] == 2


def test_who_leaves_a_closed_room_does_not_know_it_any_more(bob: ApiUser, closed: int) -> None:
    assert bob.post(f"/rooms/{closed}/leave").status_code == 204
    assert bob.rooms() == []
    assert refusal(bob.get(f"/rooms/{closed}")) == (404, "NOT_FOUND")
    assert refusal(bob.post(f"/rooms/{closed}/join")) == (404, "NOT_FOUND")


def test_the_owner_does_not_leave_the_others_behind(
    alice: ApiUser, bob: ApiUser, opened: int
) -> None:
    bob.does(f"/rooms/{opened}/join")
    assert refusal(alice.post(f"/rooms/{opened}/leave")) == (409, "CONFLICT")
    bob.post(f"/rooms/{opened}/leave")
    assert alice.post(f"/rooms/{opened}/leave").status_code == 204
    # An empty room belongs to whoever finds it.
    assert bob.does(f"/rooms/{opened}/join")["role"] == "owner"


def test_nobody_leaves_a_direct_room_or_brings_a_third(
    alice: ApiUser, carol: ApiUser, direct: int
) -> None:
    assert refusal(alice.post(f"/rooms/{direct}/leave")) == (409, "CONFLICT")
    invited = alice.post(f"/rooms/{direct}/members", user_id=carol.id)
    assert refusal(invited) == (409, "CONFLICT")
    assert Membership.objects.filter(room=direct).count() == 2
    assert event_types(direct) == []


@pytest.mark.parametrize("role", ["owner", "moderator"])
def test_owner_and_moderators_invite(bob: ApiUser, carol: ApiUser, closed: int, role: str) -> None:
    give_role(bob, closed, role)
    answers = [bob.post(f"/rooms/{closed}/members", user_id=carol.id) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    shown = {"user_id": carol.id, "username": "carol", "role": "member"}
    assert [answer.json() for answer in answers] == [shown] * 2
    assert event_types(closed, after=1) == ["member.joined"]
    assert carol.room(closed)["members_count"] == 3


def test_others_do_not_invite(bob: ApiUser, carol: ApiUser, closed: int, opened: int) -> None:
    assert refusal(bob.post(f"/rooms/{closed}/members", user_id=carol.id)) == (403, "FORBIDDEN")
    assert refusal(carol.post(f"/rooms/{closed}/members", user_id=carol.id)) == (404, "NOT_FOUND")
    assert refusal(carol.post(f"/rooms/{opened}/members", user_id=carol.id)) == (403, "FORBIDDEN")
    assert carol.rooms() == []


@pytest.mark.parametrize("user_id", [999_999, 0, -1, "x", None, 2**63, 1.5])
def test_whom_nobody_knows_is_not_invited(alice: ApiUser, closed: int, user_id: Any) -> None:
    assert faults(alice.post(f"/rooms/{closed}/members", user_id=user_id)) == ["user_id"]
    assert event_types(closed) == ["member.joined"]


@pytest.mark.parametrize("query", [{"size": "x"}, {"page": 0}])
def test_a_bad_page_is_refused(alice: ApiUser, closed: int, query: dict[str, Any]) -> None:
    assert refusal(alice.get(f"/rooms/{closed}/members", **query)) == (400, "INVALID")
