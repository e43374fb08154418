"""Making rooms, seeing them, and having exactly one with each other person."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from chat.rooms import preferences, services
from chat.rooms.models import Kind, Membership, Room
from tests.chat.rooms.people import ROOMS, ApiUser, event_types, faults, refusal

# --- making them -----------------------------------------------------------------------------


def test_who_makes_a_room_owns_it(alice: ApiUser) -> None:
    answer = alice.post("/rooms", name="Planning", kind="group", open=True)
    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "id": made["id"],
        "name": "Planning",
        "kind": "group",
        "open": True,
        "settings": {},
        "role": "owner",
        "members_count": 1,
        "unread_count": 0,
        "last_message": None,
        "head": 0,
        "created_at": made["created_at"],
    }
    assert alice.room(made["id"]) == made
    assert alice.rooms() == [made]
    assert Room.objects.get().created_by == alice.user


def test_a_focus_room_keeps_its_settings_and_is_closed_unless_opened(alice: ApiUser) -> None:
    settings = {"work_s": 1200, "나": {"b": [1.5, None, "🔔"]}}
    made = alice.does("/rooms", name=" Focus ", kind="focus", settings=settings)
    assert (made["kind"], made["open"], made["name"]) == ("focus", False, "Focus")
    assert alice.room(made["id"])["settings"] == {**preferences.DEFAULTS, **settings}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["kind"]),
        ({"kind": "party", "name": "x"}, ["kind"]),
        ({"kind": "group"}, ["name"]),
        ({"kind": "group", "name": " "}, ["name"]),
        ({"kind": "group", "name": "x" * 101}, ["name"]),
        ({"kind": "group", "name": ["x"]}, ["name"]),
        ({"kind": "group", "name": "x", "open": "perhaps"}, ["open"]),
        ({"kind": "group", "name": "x", "settings": []}, ["settings"]),
        ({"kind": "group", "name": "x", "settings": {"x": "y" * 4_096}}, ["settings"]),
        ({"kind": "direct"}, ["user_id"]),
        ({"kind": "direct", "user_id": 0}, ["user_id"]),
        ({"kind": "direct", "user_id": True}, ["user_id"]),
        ({"kind": "direct", "user_id": "bob"}, ["user_id"]),
        ({"kind": "direct", "user_id": 999_999}, ["user_id"]),
        ({"kind": "direct", "user_id": 2**63}, ["user_id"]),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(
    alice: ApiUser, body: dict[str, Any], fields: list[str]
) -> None:
    assert faults(alice.post("/rooms", **body)) == fields
    assert not Room.objects.exists()


def test_strangers_are_kept_out(db: None) -> None:
    for path in (ROOMS, f"{ROOMS}/1", f"{ROOMS}/1/messages", "/messages?chat_room_id=1"):
        assert refusal(APIClient().get(path)) == (401, "AUTH_ERROR")


# --- direct ones -----------------------------------------------------------------------------


def test_two_have_one_direct_room_whoever_asks(
    alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    first = alice.post("/rooms", kind="direct", user_id=bob.id)
    again = alice.post("/rooms", kind="direct", user_id=bob.id, name="Ours", open=True)
    theirs = bob.post("/rooms", kind="direct", user_id=alice.id)
    assert [answer.status_code for answer in (first, again, theirs)] == [201, 200, 200]
    assert first.json() == again.json()
    assert first.json()["id"] == theirs.json()["id"]
    assert alice.does("/rooms", kind="direct", user_id=carol.id)["id"] != first.json()["id"]
    assert first.json()["open"] is False


def test_a_direct_room_is_called_as_the_other_one_is(alice: ApiUser, bob: ApiUser) -> None:
    assert alice.does("/rooms", kind="direct", user_id=bob.id)["name"] == "bob"
    assert bob.rooms()[0]["name"] == "Alice A."
    assert {row["role"] for row in alice.members(alice.rooms()[0]["id"])} == {"member"}


def test_nobody_has_a_direct_room_with_themselves_or_with_one_who_is_disabled(
    alice: ApiUser, bob: ApiUser, direct: int
) -> None:
    User.objects.filter(pk=bob.id).update(is_active=False)
    gone = User.objects.create_user("gone", is_active=False)
    assert faults(alice.post("/rooms", kind="direct", user_id=alice.id)) == ["user_id"]
    assert faults(alice.post("/rooms", kind="direct", user_id=gone.pk)) == ["user_id"]
    # What they said to each other stays.
    assert alice.does("/rooms", kind="direct", user_id=bob.id)["id"] == direct


def test_both_ask_at_once_and_there_is_one_room(
    alice: ApiUser, bob: ApiUser, at_once: Callable[..., list[Any]]
) -> None:
    def ask(one: ApiUser, other: ApiUser) -> Callable[[], int]:
        return lambda: services.get_or_create_direct(user_id=one.id, other_id=other.id).room.pk

    found = at_once([ask(alice, bob), ask(bob, alice)] * 5)
    assert len(set(found)) == 1
    assert Room.objects.count() == 1
    assert Membership.objects.count() == 2


# --- the lists -------------------------------------------------------------------------------


def test_the_liveliest_room_comes_first(alice: ApiUser) -> None:
    ids = [alice.does("/rooms", name=f"{n}", kind="group")["id"] for n in range(3)]
    assert [room["id"] for room in alice.rooms()] == ids[::-1]
    alice.posts(ids[1], "here")
    assert [room["id"] for room in alice.rooms()] == [ids[1], ids[2], ids[0]]
    page = alice.asks("/rooms", size=2, page=2)
    assert [room["id"] for room in page["results"]] == [ids[0]]
    assert (page["next"], "page=1" in page["previous"]) == (None, True)


def test_the_open_list_has_what_one_may_join_and_no_word_of_what_is_said(
    alice: ApiUser, bob: ApiUser, opened: int, closed: int, direct: int
) -> None:
    alice.posts(opened, "between us")
    [shown] = bob.rooms(open="true")
    assert shown["id"] == opened
    assert (shown["role"], shown["unread_count"], shown["last_message"]) == (None, 0, None)
    assert shown["members_count"] == 1
    assert alice.rooms(open="true") == []
    assert opened not in [room["id"] for room in bob.rooms(open="false")]
    assert faults(bob.get("/rooms", open="perhaps")) == ["open"]


def test_a_list_takes_as_many_queries_for_forty_rooms_as_for_two(alice: ApiUser) -> None:
    def some(count: int, prefix: str) -> None:
        for n in range(count):
            other = ApiUser(User.objects.create_user(f"{prefix}{n}"))
            room = services.get_or_create_direct(user_id=alice.id, other_id=other.id).room
            other.posts(room.pk, "hello")
            group = services.create_room(user_id=other.id, name="G", kind=Kind.GROUP, is_open=True)
            other.posts(group.pk, "hello")

    def queries(**query: Any) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert alice.rooms(size=100, **query)
        return len(asked)

    some(2, "few")
    few = queries(), queries(open="true")
    some(38, "many")
    assert (queries(), queries(open="true")) == few
    assert max(few) <= 9
    assert len(alice.rooms(size=100)) == 40
    assert {room["unread_count"] for room in alice.rooms(size=100)} == {1}


def test_a_direct_room_needs_its_own_way_of_being_made(alice: ApiUser) -> None:
    with pytest.raises(ValueError, match="use get_or_create_direct"):
        services.create_room(user_id=alice.id, name="x", kind=Kind.DIRECT)


def test_making_a_room_is_told_to_nobody(opened: int, direct: int) -> None:
    assert event_types(opened) == event_types(direct) == []
