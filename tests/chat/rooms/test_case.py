"""Rooms, people and matching in camelCase: REST, SEND, and all that is logged."""

import json
from typing import Any

import orjson
import pytest
from pytest_django import Settings

from chat.rooms import services
from chat.rooms.live import stream_views
from chat.rooms.models import Kind, Message
from realtime.protocol.errors import ErrorCode, RealtimeError
from realtime.protocol.messages import Topic
from realtime.protocol.presentation import (
    AS_LOGGED,
    SNAPSHOT,
    Presentation,
    rendered,
)
from tests.chat.rooms.people import ApiUser, events, events_for, faults
from tests.support.snake_keys import camel, snake_keys

CAMEL = Presentation(case="camel")


@pytest.fixture
def camel_case(settings: Settings) -> None:
    settings.BELLWIRE_JSON_CASE = "camel"


def test_a_room_in_camel_case(camel_case: None, settings: Settings, alice: ApiUser) -> None:
    own = {"workS": 600, "timerControl": "members", "my_key": {"work_s": 1}}
    room = alice.does("/rooms", name="Deep work", kind="focus", settings=own)
    assert snake_keys({**room, "settings": {}}) == []
    assert room["settings"]["workS"] == 600
    assert room["settings"]["timerControl"] == "members"
    assert room["settings"]["breakS"] == 300
    # A client's own setting, and all that is within it.
    assert room["settings"]["my_key"] == {"work_s": 1}
    alice.does(f"/rooms/{room['id']}/messages", content="hello", clientId="c1")
    shown = alice.room(room["id"])
    assert (shown["lastMessage"]["clientId"], shown["unreadCount"]) == ("c1", 0)
    assert alice.rooms(page=0) == [shown]
    settings.BELLWIRE_JSON_CASE = "snake"
    plain = alice.room(room["id"])
    assert (plain["settings"]["work_s"], plain["last_message"]["client_id"]) == (600, "c1")


def test_settings_are_changed_by_either_name(camel_case: None, alice: ApiUser) -> None:
    room = alice.does("/rooms", name="Deep work", kind="focus")
    path = f"/rooms/{room['id']}"
    assert alice.patch(path, settings={"breakS": 240}).json()["settings"]["breakS"] == 240
    assert alice.patch(path, settings={"break_s": 120}).json()["settings"]["breakS"] == 120
    assert alice.patch(path, settings={"breakS": None}).json()["settings"]["breakS"] == 300
    assert faults(alice.patch(path, settings={"breakS": 1, "break_s": 2})) == ["settings.breakS"]
    assert faults(alice.patch(path, settings={"longBreakS": "x"})) == ["settings.longBreakS"]


def test_messages_in_camel_case(camel_case: None, alice: ApiUser, closed: int) -> None:
    first = alice.does(f"/rooms/{closed}/messages", content="one", clientId="a")
    assert snake_keys(first) == []
    reply = alice.does(f"/rooms/{closed}/messages", content="two", replyTo=first["id"])
    assert reply["replyTo"] == first["id"]
    shown = alice.asks(f"/rooms/{closed}/messages")["results"]
    assert shown == [first, reply]
    stray = alice.post(f"/rooms/{closed}/messages", content="three", replyTo=2**40)
    assert faults(stray) == ["replyTo"]
    assert faults(alice.post(f"/rooms/{closed}/messages", content="x", replyTo=1, reply_to=2)) == [
        "replyTo"
    ]
    edited = alice.patch(f"/rooms/{closed}/messages/{first['id']}", content="uno").json()
    assert edited["editedAt"]


@pytest.mark.parametrize("name", ["chatRoomId", "chat_room_id"])
def test_the_flat_forms_take_either_name(
    camel_case: None, alice: ApiUser, closed: int, name: str
) -> None:
    for number in range(3):
        alice.does("/messages", **{name: closed, "content": str(number)})
    page = alice.asks("/messages", **{name: closed, "limit": 2})
    assert [row["content"] for row in page["results"]] == ["1", "2"]
    older = alice.asks(page["previous"])
    assert [row["content"] for row in older["results"]] == ["0"]
    assert faults(alice.get("/messages")) == ["chatRoomId"]
    twice = {"chatRoomId": closed, "chat_room_id": closed + 1}
    assert faults(alice.get("/messages", **twice)) == ["chatRoomId"]
    assert faults(alice.post("/messages", content="x", **twice)) == ["chatRoomId"]


def test_members_timer_and_cursor_in_camel_case(
    camel_case: None, alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int
) -> None:
    added = alice.does(f"/rooms/{closed}/members", userId=carol.id)
    assert added["userId"] == carol.id
    assert {each["userId"] for each in alice.members(closed)} == {alice.id, bob.id, carol.id}
    assert alice.does(f"/rooms/{closed}/read", offset=0) == {"userId": alice.id, "offset": 0}
    focus = alice.does("/rooms", name="Deep", kind="focus")["id"]
    timer = alice.does(f"/rooms/{focus}/timer", action="start")
    assert {"durationS", "endsAt", "remainingS", "serverTime"} <= set(timer)
    direct = alice.does("/rooms", kind="direct", userId=bob.id)
    assert direct["kind"] == "direct"


def test_people_and_matching_in_camel_case(camel_case: None, alice: ApiUser, bob: ApiUser) -> None:
    [found] = alice.asks("/users", q="bob")["results"]
    assert found["displayName"]
    assert bob.post("/matching").json()["expiresAt"]
    assert alice.post("/matching").json()["roomId"]
    assert faults(alice.put(f"/users/{alice.id}/block")) == ["userId"]


# --- what is logged ------------------------------------------------------------------------------


def test_all_that_rooms_log_is_rendered_in_camel_case(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int
) -> None:
    said = alice.posts(closed, "one @bob")
    services.edit_message(user_id=alice.id, room_id=closed, message_id=said.pk, content="two @bob")
    services.mark_read(user_id=bob.id, room_id=closed, offset=2)
    services.delete_message(user_id=alice.id, room_id=closed, message_id=said.pk)
    services.add_member(user_id=alice.id, room_id=closed, member_id=carol.id)
    alice.patch(f"/rooms/{closed}", name="Other", settings={"work_s": 60})
    alice.patch(f"/rooms/{closed}/members/{bob.id}", role="moderator")
    services.leave_room(user_id=carol.id, room_id=closed)
    focus = services.create_room(user_id=alice.id, name="Deep", kind=Kind.FOCUS).pk
    alice.does(f"/rooms/{focus}/timer", action="start")
    alice.post("/matching")
    bob.post("/matching")
    services.delete_room(user_id=alice.id, room_id=focus)
    received = {
        f"rooms/{closed}": events(closed),
        f"rooms/{focus}": events(focus),
        f"users/{alice.id}": events_for(alice),
    }
    types = {event.type for each in received.values() for event in each}
    assert types >= {
        *("message", "message.edited", "message.deleted", "read", "settings", "timer"),
        *("member.joined", "member.changed", "member.left", "room.deleted"),
        *("room.added", "room.removed", "matched"),
    }
    for topic, each in received.items():
        for event in each:
            text = orjson.dumps(event.data)
            shown = orjson.loads(rendered(Topic(topic), event.type, text, CAMEL))
            assert shown == camel(event.data), event
            assert rendered(Topic(topic), event.type, text, AS_LOGGED) == text


def test_what_is_only_told_is_rendered_in_camel_case() -> None:
    reported = {
        ("rooms/7", "typing"): {"user_id": 1},
        ("rooms/7", "presence"): {"user_id": 1, "status": "online"},
        ("users/1", "room.message"): {"room_id": 7, "client_id": None},
        ("users/1", "room.read"): {"room_id": 7, "offset": 3},
    }
    for (topic, kind), data in reported.items():
        shown = rendered(Topic(topic), kind, orjson.dumps(data), CAMEL)
        assert orjson.loads(shown) == camel(data)


def test_a_snapshot_in_camel_case(alice: ApiUser) -> None:
    room = services.create_room(
        user_id=alice.id, name="Deep", kind=Kind.FOCUS, settings={"my_key": 1}
    )
    alice.posts(room.pk, "hello")
    services.mark_read(user_id=alice.id, room_id=room.pk, offset=1)
    plain = alice.snapshot(room.pk)
    shown = orjson.loads(rendered(room.topic, SNAPSHOT, orjson.dumps(plain), CAMEL))
    settings = {**camel(plain["settings"])}
    settings["my_key"] = settings.pop("myKey")
    assert shown == {**camel(plain), "settings": settings}
    assert shown["read"] == {str(alice.id): 1}


# --- SEND ----------------------------------------------------------------------------------------


def _send(person: ApiUser, room: int, body: Any, presentation: Presentation) -> None:
    text = json.dumps(body).encode()
    stream_views.send_message(person.principal, str(room), text, "application/json", presentation)


@pytest.mark.parametrize("name", ["clientId", "client_id"])
def test_a_stomp_client_sends_in_camel_case(alice: ApiUser, closed: int, name: str) -> None:
    for _ in range(2):
        _send(alice, closed, {"content": "hello", name: "c1"}, CAMEL)
    assert Message.objects.get(room=closed).client_id == "c1"


def test_a_stomp_client_that_names_a_field_twice_is_refused(alice: ApiUser, closed: int) -> None:
    with pytest.raises(RealtimeError, match="the same field") as caught:
        _send(alice, closed, {"content": "x", "clientId": "a", "client_id": "b"}, CAMEL)
    assert caught.value.code is ErrorCode.BAD_FRAME
    assert not Message.objects.filter(room=closed).exists()


@pytest.mark.parametrize(("presentation", "shown"), [(CAMEL, "clientId"), (AS_LOGGED, "client_id")])
def test_a_stomp_client_is_told_its_own_name_of_a_field(
    alice: ApiUser, closed: int, presentation: Presentation, shown: str
) -> None:
    for value in (1, "x" * 10_000, "\0"):
        with pytest.raises(RealtimeError, match=f"`{shown}`") as caught:
            _send(alice, closed, {"content": "x", "client_id": value}, presentation)
        assert caught.value.code is ErrorCode.BAD_FRAME
