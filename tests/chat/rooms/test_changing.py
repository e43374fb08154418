"""Changing and deleting rooms and messages, and that everybody is told what it is now."""

from dataclasses import replace
from typing import Any

import pytest

from chat.rooms import services
from chat.rooms.models import Kind, Membership, Message, Room
from realtime.publishing import unit_of_work
from tests.chat.rooms.people import (
    ApiUser,
    event_types,
    events,
    events_for,
    faults,
    give_role,
    refusal,
)

# --- rooms -----------------------------------------------------------------------------------


def test_name_openness_and_settings_are_changed_and_told(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    answer = alice.patch(f"/rooms/{closed}", name="New", open=True, settings={"a": 1, "b": [2]})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["open"]) == ("New", True)
    assert alice.patch(f"/rooms/{closed}", settings={"a": None, "c": 3}).json()["settings"] == {
        "b": [2],
        "c": 3,
    }
    assert alice.patch(f"/rooms/{closed}", name="New", settings={"c": 3}).status_code == 200
    assert [(event.type, event.data) for event in events(closed, after=1)] == [
        ("room", {"name": "New", "open": True}),
        ("settings", {"a": 1, "b": [2]}),
        ("settings", {"b": [2], "c": 3}),
    ]
    assert bob.room(closed)["settings"] == {"b": [2], "c": 3}
    assert bob.snapshot(closed)["settings"] == {"b": [2], "c": 3}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "x" * 101}, ["name"]),
        ({"open": "perhaps"}, ["open"]),
        ({"settings": []}, ["settings"]),
        ({"settings": {"x": "y" * 4_096}}, ["settings"]),
        ({"settings": {"work_s": 0}}, ["settings.work_s"]),
        ({"settings": {"work_s": True}}, ["settings.work_s"]),
        ({"settings": {"break_s": "300"}}, ["settings.break_s"]),
        ({"settings": {"long_break_s": 86_401}}, ["settings.long_break_s"]),
        ({"settings": {"cycles": 1.5, "work_s": -1}}, ["settings.cycles", "settings.work_s"]),
        ({"settings": {"timer_control": "everyone"}}, ["settings.timer_control"]),
        ({"settings": {"timer_control": []}}, ["settings.timer_control"]),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_changed(
    alice: ApiUser, closed: int, body: dict[str, Any], fields: list[str]
) -> None:
    before = alice.room(closed)
    assert faults(alice.patch(f"/rooms/{closed}", **body)) == fields
    made = {"kind": "focus", "name": "F", **body}
    assert faults(alice.post("/rooms", **made)) == fields
    assert alice.room(closed) == before
    assert Room.objects.count() == 1


def test_settings_do_not_grow_beyond_their_size_by_parts(alice: ApiUser, closed: int) -> None:
    for name in "abc":
        answer = alice.patch(f"/rooms/{closed}", settings={name: "x" * 2_000})
    assert faults(answer) == ["settings"]


def test_only_owner_and_moderators_change_a_room(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int, direct: int
) -> None:
    assert refusal(bob.patch(f"/rooms/{closed}", name="Mine")) == (403, "FORBIDDEN")
    assert refusal(carol.patch(f"/rooms/{closed}", name="Mine")) == (404, "NOT_FOUND")
    give_role(bob, closed, "moderator")
    assert bob.patch(f"/rooms/{closed}", name="Ours").status_code == 200
    assert refusal(alice.patch(f"/rooms/{direct}", name="Us")) == (409, "CONFLICT")


def test_a_deleted_room_is_gone_with_what_was_said_and_its_members_are_told(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    said = alice.posts(closed, "one")
    bob.posts(closed, "two", reply_to=said.pk)
    assert refusal(bob.delete(f"/rooms/{closed}")) == (403, "FORBIDDEN")
    assert alice.delete(f"/rooms/{closed}").status_code == 204
    assert refusal(alice.delete(f"/rooms/{closed}")) == (404, "NOT_FOUND")
    for person in (alice, bob):
        assert refusal(person.get(f"/rooms/{closed}/messages")) == (404, "NOT_FOUND")
        assert person.rooms() == []
        assert events_for(person)[-1].type == "room.removed"
        assert events_for(person)[-1].data == {"room_id": closed}
    assert events(closed)[-1].type == "room.deleted"
    assert not Message.objects.exists()
    assert not Membership.objects.exists()


def test_a_direct_room_is_deleted_by_nobody(alice: ApiUser, direct: int) -> None:
    assert refusal(alice.delete(f"/rooms/{direct}")) == (409, "CONFLICT")


def test_the_number_of_statements_of_a_deletion_does_not_grow_with_what_was_said(
    alice: ApiUser, django_assert_max_num_queries: Any
) -> None:
    room = services.create_room(user_id=alice.id, name="G", kind=Kind.GROUP)
    first = alice.posts(room.pk, "0")
    for n in range(30):
        alice.posts(room.pk, str(n), reply_to=first.pk)
    with django_assert_max_num_queries(25):
        services.delete_room(user_id=alice.id, room_id=room.pk)
    assert not Message.objects.exists()


# --- messages --------------------------------------------------------------------------------


def test_who_said_it_changes_it_and_all_see_what_it_is_now(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    said = bob.does(f"/rooms/{closed}/messages", content="Helo", client_id="c")
    path = f"/rooms/{closed}/messages/{said['id']}"
    edited = bob.patch(path, content="Hello @alice")
    assert edited.status_code == 200
    now = edited.json()
    assert now == {
        **said,
        "content": "Hello @alice",
        "mentions": [alice.id],
        "edited_at": now["edited_at"],
    }
    assert now["edited_at"] is not None
    # The same again is no change.
    assert bob.patch(path, content="Hello @alice").json() == now
    assert [(event.type, event.data) for event in events(closed, after=2)] == [
        ("message.edited", now)
    ]
    assert alice.asks(f"/rooms/{closed}/messages")["results"] == [now]


def test_a_deleted_message_stays_without_its_content(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    said = bob.does(f"/rooms/{closed}/messages", content="Oops @alice")
    path = f"/rooms/{closed}/messages/{said['id']}"
    assert [bob.delete(path).status_code for _ in range(2)] == [204, 204]
    [left] = alice.asks(f"/rooms/{closed}/messages")["results"]
    assert (left["content"], left["mentions"]) == ("", [])
    assert left["deleted_at"] is not None
    assert [(event.type, event.data) for event in events(closed, after=2)] == [
        ("message.deleted", left)
    ]
    assert refusal(bob.patch(path, content="Back")) == (409, "CONFLICT")
    assert alice.room(closed)["unread_count"] == 0


@pytest.mark.parametrize("moderated", [False, True], ids=["by its author", "in the admin"])
def test_what_a_deleted_message_said_is_replayed_to_nobody(
    alice: ApiUser, bob: ApiUser, closed: int, moderated: bool
) -> None:
    kept = bob.posts(closed, "Kept")
    said = bob.posts(closed, "Secret @alice")
    services.edit_message(
        user_id=bob.id, room_id=closed, message_id=said.pk, content="Still secret"
    )
    services.edit_message(user_id=bob.id, room_id=closed, message_id=kept.pk, content="Kept too")
    before = events(closed)
    if moderated:
        services.hide_message(message_id=said.pk)
    else:
        services.delete_message(user_id=bob.id, room_id=closed, message_id=said.pk)
    after = events(closed)
    assert "ecret" not in str(after)
    left = after[-1].data
    assert (left["id"], left["content"], left["mentions"]) == (said.pk, "", [])
    # Nothing else has changed, and every event is where it was.
    assert after[:-1] == [
        replace(event, data=left)
        if event.type.startswith("message") and event.data["id"] == said.pk
        else event
        for event in before
    ]


def test_a_deletion_that_is_rolled_back_leaves_the_log_as_it_was(
    alice: ApiUser, closed: int
) -> None:
    said = alice.posts(closed, "Said")
    before = events(closed)

    def fails() -> None:
        with unit_of_work():
            services.delete_message(user_id=alice.id, room_id=closed, message_id=said.pk)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert events(closed) == before


def test_moderators_delete_what_anybody_said_and_others_only_their_own(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int
) -> None:
    said = alice.posts(closed, "By alice").pk
    path = f"/rooms/{closed}/messages/{said}"
    assert refusal(bob.delete(path)) == (403, "FORBIDDEN")
    assert refusal(carol.delete(path)) == (404, "NOT_FOUND")
    assert event_types(closed, after=2) == []
    give_role(bob, closed, "moderator")
    assert bob.delete(path).status_code == 204


@pytest.mark.parametrize("role", ["member", "moderator", "owner"])
def test_nobody_rewrites_what_stands_under_anothers_name(
    alice: ApiUser, bob: ApiUser, closed: int, role: str
) -> None:
    said = alice.posts(closed, "By alice").pk
    before = events(closed)
    give_role(bob, closed, role)
    answer = bob.patch(f"/rooms/{closed}/messages/{said}", content="Not by alice")
    assert refusal(answer) == (403, "FORBIDDEN")
    assert alice.receives(closed) == ["By alice"]
    assert events(closed) == before
    assert alice.patch(f"/rooms/{closed}/messages/{said}", content="Mine").status_code == 200


def test_a_message_is_found_in_its_own_room_only(alice: ApiUser, closed: int, direct: int) -> None:
    said = alice.posts(direct, "Psst").pk
    for number in (said, 999_999, 2**63):
        path = f"/rooms/{closed}/messages/{number}"
        assert refusal(alice.patch(path, content="x")) == (404, "NOT_FOUND")
        assert refusal(alice.delete(path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("content", ["", "x" * 4_001, None, "a\0b"])
def test_an_edit_is_as_long_as_a_message(alice: ApiUser, closed: int, content: Any) -> None:
    said = alice.posts(closed, "fine").pk
    answer = alice.patch(f"/rooms/{closed}/messages/{said}", content=content)
    assert refusal(answer) == (400, "INVALID")
    assert alice.receives(closed) == ["fine"]


def test_a_hidden_message_is_a_deleted_one(alice: ApiUser, closed: int) -> None:
    said = alice.posts(closed, "Rude").pk
    assert services.hide_message(message_id=said)
    assert not services.hide_message(message_id=said)
    assert not services.hide_message(message_id=999_999)
    assert event_types(closed, after=1) == ["message", "message.deleted"]
