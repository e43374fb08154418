"""Who is not in a room can do nothing there, nor find out that it exists."""

from typing import Any

import pytest

from api.errors import ApiError
from chat.rooms import services
from realtime.protocol.errors import RealtimeError
from realtime.registries import topics
from tests.chat.rooms.people import ApiUser, event_types, refusal

NO_ROOM = 999_999
# Every path of a room: method, what follows its id, body.
PATHS: list[tuple[str, str, dict[str, Any]]] = [
    ("get", "", {}),
    ("post", "/join", {}),
    ("post", "/leave", {}),
    ("get", "/members", {}),
    ("post", "/members", {"user_id": 1}),
    ("get", "/messages", {}),
    ("post", "/messages", {"content": "Hello", "client_id": "c"}),
    ("post", "/read", {"offset": 1}),
    ("patch", "", {"name": "Mine"}),
    ("delete", "", {}),
    ("patch", "/members/1", {"role": "owner"}),
    ("delete", "/members/1", {}),
    ("patch", "/messages/1", {"content": "Hello"}),
    ("delete", "/messages/1", {}),
    ("get", "/timer", {}),
    ("post", "/timer", {"action": "start"}),
]


def answers(person: ApiUser, room_id: int) -> list[tuple[int, bytes]]:
    found = []
    for method, path, body in PATHS:
        answer = getattr(person, method)(f"/rooms/{room_id}{path}", **body)
        found.append((answer.status_code, answer.content))
    for flat in ("/api/v1/messages", "/messages"):
        answer = person.client.get(flat, {"chat_room_id": room_id})
        found.append((answer.status_code, answer.content))
        body = {"chat_room_id": room_id, "content": "Hello"}
        answer = person.client.post(flat, body, format="json")
        found.append((answer.status_code, answer.content))
    return found


@pytest.fixture(params=["direct", "closed"])
def hidden(request: pytest.FixtureRequest, alice: ApiUser) -> int:
    room_id: int = request.getfixturevalue(request.param)
    alice.posts(room_id, "between us")
    return room_id


def test_a_hidden_room_answers_as_one_that_is_not_there(hidden: int, carol: ApiUser) -> None:
    before = event_types(hidden)
    found = answers(carol, hidden)
    assert found == answers(carol, NO_ROOM)
    assert {status for status, _ in found} == {404}
    assert event_types(hidden) == before
    assert carol.rooms() == carol.rooms(open="true") == []


def test_an_open_room_is_forbidden_until_joined(
    opened: int, alice: ApiUser, carol: ApiUser
) -> None:
    alice.posts(opened, "between us")
    for method, path, body in PATHS:
        if path != "/join":
            answer = getattr(carol, method)(f"/rooms/{opened}{path}", **body)
            assert refusal(answer) == (403, "FORBIDDEN"), (method, path)
    assert event_types(opened) == ["message"]
    carol.does(f"/rooms/{opened}/join")
    assert carol.receives(opened) == ["between us"]


def refused(person: ApiUser, topic: str) -> tuple[str, str]:
    with pytest.raises(RealtimeError) as raised:
        topics.authorized(person.principal, topic)
    return raised.value.code, raised.value.message


def test_a_hidden_topic_is_refused_as_one_that_is_not_there(hidden: int, carol: ApiUser) -> None:
    assert refused(carol, f"rooms/{hidden}") == refused(carol, f"rooms/{NO_ROOM}")
    assert refused(carol, f"rooms/{hidden}")[0] == "NOT_FOUND"


def test_an_open_topic_is_forbidden_until_joined(opened: int, carol: ApiUser) -> None:
    assert refused(carol, f"rooms/{opened}")[0] == "FORBIDDEN"
    services.join_room(user_id=carol.id, room_id=opened)
    assert topics.authorized(carol.principal, f"rooms/{opened}") == f"rooms/{opened}"


@pytest.mark.parametrize("name", ["rooms", "rooms/0{}", "rooms/x", "rooms/{}.0", "rooms/-{}"])
def test_a_room_has_one_topic_only(name: str, opened: int, alice: ApiUser) -> None:
    assert refused(alice, name.format(opened))[0] == "NOT_FOUND"


def test_ids_of_any_size_are_nobodys(alice: ApiUser) -> None:
    for number in (0, 2**63 - 1, 2**63, 10**100):
        assert refused(alice, f"rooms/{number}")[0] == "NOT_FOUND"
    for room_id in (0, 2**63 - 1, 2**63, 2**64 - 1):
        assert {status for status, _ in answers(alice, room_id)} == {404}


def test_a_service_has_no_way_past_it(hidden: int, carol: ApiUser) -> None:
    for work in (
        lambda: services.post_message(user_id=carol.id, room_id=hidden, content="x"),
        lambda: services.mark_read(user_id=carol.id, room_id=hidden, offset=1),
        lambda: services.join_room(user_id=carol.id, room_id=hidden),
    ):
        with pytest.raises(ApiError) as raised:
            work()
        assert raised.value.code == "NOT_FOUND"
