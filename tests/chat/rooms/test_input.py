"""Fields that a write does not have are refused by name; ids may be written as texts."""

from typing import Any

import pytest

from chat.assistant import commands as assistant_commands
from chat.rooms import services
from chat.rooms.live import commands
from chat.rooms.models import Message
from realtime.protocol.errors import ErrorCode, RealtimeError
from tests.chat.rooms.people import ApiUser

WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("post", "/rooms", {"name": "Team", "kind": "group"}),
    ("patch", "/rooms/{room}", {"name": "Team"}),
    ("post", "/rooms/{room}/members", {"user_id": 1}),
    ("patch", "/rooms/{room}/members/{bob}", {"role": "moderator"}),
    ("post", "/rooms/{room}/messages", {"content": "Hi"}),
    ("patch", "/rooms/{room}/messages/{message}", {"content": "Hi"}),
    ("post", "/rooms/{room}/read", {"offset": 1}),
    ("post", "/rooms/{room}/timer", {"action": "start"}),
    ("post", "/messages", {"content": "Hi", "chat_room_id": 1}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=lambda value: str(value)[:50])
def test_an_unknown_field_of_a_write_is_named(
    alice: ApiUser, bob: ApiUser, closed: int, method: str, path: str, body: dict[str, Any]
) -> None:
    message = alice.posts(closed, "Hello")
    path = path.format(room=closed, bob=bob.id, message=message.pk)
    answer = getattr(alice, method)(path, **body, colour="red")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert answer.json()["errors"]["colour"] == ["Unknown field."]
    assert list(Message.objects.values_list("content", flat=True)) == ["Hello"]


def test_an_id_may_be_a_text(alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int) -> None:
    message = alice.posts(closed, "Hello")
    body = {"content": "Yes", "reply_to": str(message.pk), "chat_room_id": str(closed)}
    assert alice.does("/messages", **body)["reply_to"] == message.pk
    assert alice.post(f"/rooms/{closed}/members", user_id=str(carol.id)).status_code < 300
    direct = alice.post("/rooms", kind="direct", user_id=str(bob.id))
    assert direct.status_code in (200, 201)


@pytest.mark.parametrize(
    ("command", "data", "unknown"),
    [
        (commands.send_message, {"content": "Hi", "clientId": "c1"}, "clientId"),
        (commands.send_message, {"content": "Hi", "replyTo": 1}, "replyTo"),
        (commands.mark_read, {"offset": 1, "upTo": 1}, "upTo"),
        (assistant_commands.stop, {"message_id": "1", "reason": "bored"}, "reason"),
    ],
)
def test_an_unknown_field_of_a_command_is_named(
    alice: ApiUser, closed: int, command: Any, data: dict[str, Any], unknown: str
) -> None:
    with pytest.raises(RealtimeError) as raised:
        command(alice.principal, str(closed), data)
    assert raised.value.code == ErrorCode.BAD_FRAME
    assert f"`{unknown}`" in str(raised.value)
    assert not Message.objects.exists()


def test_an_unknown_field_of_a_question_is_named(alice: ApiUser) -> None:
    with pytest.raises(RealtimeError, match="`model`"):
        assistant_commands.ask(alice.principal, {"message": "How long?", "model": "other"})


def test_a_command_takes_the_topic_and_ids_as_texts(alice: ApiUser, closed: int) -> None:
    message = services.post_message(user_id=alice.id, room_id=closed, content="Hello").message
    said = {"topic": f"rooms/{closed}", "content": "Yes", "reply_to": str(message.pk)}
    commands.send_message(alice.principal, str(closed), said)
    assert Message.objects.get(content="Yes").reply_to_id == message.pk


@pytest.mark.parametrize("wrong", ["-1", " 1", "1.0", "٣", "", "9" * 20, True, [1]])
def test_other_texts_are_no_ids(alice: ApiUser, closed: int, wrong: Any) -> None:
    with pytest.raises(RealtimeError, match="`reply_to` is not an integer"):
        commands.send_message(alice.principal, str(closed), {"content": "Yes", "reply_to": wrong})
