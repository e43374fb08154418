"""What goes with a subscription to a room, and that events keep it right."""

from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.rooms import preferences, services
from chat.rooms.live.topics import RoomTopics
from chat.rooms.models import Kind
from realtime.protocol.errors import RealtimeError
from tests.chat.rooms.people import ApiUser, events
from tests.support.events import Event


def test_the_snapshot_shows_who_is_there_and_how_far_they_have_read(
    alice: ApiUser, bob: ApiUser
) -> None:
    room = services.create_room(
        user_id=alice.id, name="Focus", kind=Kind.FOCUS, is_open=True, settings={"work_s": 1200}
    )
    services.join_room(user_id=bob.id, room_id=room.pk)
    alice.posts(room.pk, "Hello")
    services.mark_read(user_id=bob.id, room_id=room.pk, offset=2)
    assert bob.snapshot(room.pk) == {
        "settings": {**preferences.DEFAULTS, "work_s": 1200},
        "timer": bob.asks(f"/rooms/{room.pk}/timer") | {"server_time": ANY},
        "members": [
            {"user_id": alice.id, "username": "alice", "role": "owner"},
            {"user_id": bob.id, "username": "bob", "role": "member"},
        ],
        "online": [],
        "read": {str(bob.id): 2},
    }


def test_it_is_one_query_and_the_databases_clock(alice: ApiUser, closed: int) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert RoomTopics().snapshot(alice.principal, str(closed))
    rows = [query["sql"] for query in asked if "chat_membership" in query["sql"]]
    assert len(rows) == 1
    assert len(asked) == 2


@pytest.mark.parametrize(("room", "code"), [("closed", "NOT_FOUND"), ("opened", "FORBIDDEN")])
def test_who_has_left_between_being_let_in_and_looking_sees_nothing(
    request: pytest.FixtureRequest, carol: ApiUser, room: str, code: str
) -> None:
    room_id: int = request.getfixturevalue(room)
    with pytest.raises(RealtimeError) as raised:
        RoomTopics().snapshot(carol.principal, str(room_id))
    assert raised.value.code == code


def applied(snapshot: dict[str, Any], event: Event) -> dict[str, Any]:
    """What a client makes of an event; a second time it changes nothing."""
    data = event.data
    match event.type:
        case "member.joined":
            others = [row for row in snapshot["members"] if row["user_id"] != data["user_id"]]
            return {**snapshot, "members": [*others, data]}
        case "member.left":
            others = [row for row in snapshot["members"] if row["user_id"] != data["user_id"]]
            read = {key: at for key, at in snapshot["read"].items() if key != str(data["user_id"])}
            return {**snapshot, "members": others, "read": read}
        case "read":
            read = {**snapshot["read"], str(data["user_id"]): data["offset"]}
            return {**snapshot, "read": read}
    return snapshot


def test_a_snapshot_and_what_came_after_it_are_the_next_snapshot(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, opened: int
) -> None:
    steps: list[Callable[[], object]] = [
        lambda: services.join_room(user_id=bob.id, room_id=opened),
        lambda: services.add_member(user_id=alice.id, room_id=opened, member_id=carol.id),
        lambda: bob.posts(opened, "Hello"),
        lambda: services.mark_read(user_id=alice.id, room_id=opened, offset=3),
        lambda: services.mark_read(user_id=carol.id, room_id=opened, offset=2),
        lambda: services.leave_room(user_id=carol.id, room_id=opened),
        lambda: services.join_room(user_id=carol.id, room_id=opened),
        lambda: services.leave_room(user_id=bob.id, room_id=opened),
    ]
    head, known = 0, alice.snapshot(opened)
    for step in steps:
        step()
        for event in events(opened, after=head):
            head, known = event.offset, applied(applied(known, event), event)
        assert known == alice.snapshot(opened)
