"""Saying something, once, and having it heard."""

from typing import Any

import pytest

from api.errors import ApiError
from chat.rooms import payload, services
from chat.rooms.models import Message
from tests.chat.rooms.people import ApiUser, event_types, events, faults, refusal


def test_a_message_is_stored_and_its_event_is_the_message(alice: ApiUser, closed: int) -> None:
    answer = alice.post(f"/rooms/{closed}/messages", content="Hello", client_id="c1")
    assert answer.status_code == 201
    said = answer.json()
    assert said == {
        "id": said["id"],
        "room_id": closed,
        "user_id": alice.id,
        "username": "alice",
        "content": "Hello",
        "client_id": "c1",
        "reply_to": None,
        "mentions": [],
        "offset": 2,
        "created_at": said["created_at"],
        "edited_at": None,
        "deleted_at": None,
    }
    assert said["created_at"].endswith("Z")
    [event] = events(closed, after=1)
    assert (event.offset, event.type, event.data) == (2, "message", said)
    assert alice.asks(f"/rooms/{closed}/messages")["results"] == [said]
    assert alice.room(closed)["last_message"] == said
    assert alice.room(closed)["head"] == 2


@pytest.mark.parametrize(
    "content",
    [" . ", "\n x \t", "x" * 4_000, "🔔" * 4_000, "<script>alert(1)</script>", "\u2028\x01%s'\"\\"],
)
def test_content_is_kept_as_it_was_said(alice: ApiUser, closed: int, content: str) -> None:
    assert alice.does(f"/rooms/{closed}/messages", content=content)["content"] == content
    assert alice.receives(closed) == [content]
    assert events(closed)[-1].data["content"] == content


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", ""),
        ("content", None),
        ("content", "x" * 4_001),
        ("content", []),
        ("content", True),
        ("client_id", ""),
        ("client_id", "x" * 101),
        ("client_id", {}),
        ("reply_to", 0),
        ("reply_to", "x"),
        ("reply_to", 999_999),
        ("reply_to", 2**63),
        ("reply_to", True),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_said(
    alice: ApiUser, closed: int, field: str, value: Any
) -> None:
    body = {"content": "Hello", field: value}
    assert faults(alice.post(f"/rooms/{closed}/messages", **body)) == [field]
    assert event_types(closed) == ["member.joined"]
    assert not Message.objects.exists()


@pytest.mark.parametrize("content", ["", "x" * 4_001, "a\0b", "a\ud800b"])
def test_text_that_cannot_be_stored_is_refused_on_every_transport(
    alice: ApiUser, closed: int, content: str
) -> None:
    for said, client_id in ((content, None), ("x", content)):
        with pytest.raises(ApiError) as refused:
            services.post_message(
                user_id=alice.id, room_id=closed, content=said, client_id=client_id
            )
        assert refused.value.code == "INVALID"
    assert event_types(closed) == ["member.joined"]


def test_nul_is_refused(alice: ApiUser, closed: int) -> None:
    answer = alice.post(f"/rooms/{closed}/messages", content="a\0b")
    assert refusal(answer) == (400, "INVALID")
    assert not Message.objects.exists()


# --- resending -------------------------------------------------------------------------------


def test_a_resend_gets_the_first_message_and_is_told_to_nobody(alice: ApiUser, closed: int) -> None:
    first = alice.post(f"/rooms/{closed}/messages", content="Hello", client_id="c1")
    again = alice.post(f"/rooms/{closed}/messages", content="Hello?", client_id="c1")
    assert [first.status_code, again.status_code] == [201, 200]
    assert again.json() == first.json()
    assert event_types(closed) == ["member.joined", "message"]
    assert alice.receives(closed) == ["Hello"]


def test_a_socket_is_answered_the_same_both_times(alice: ApiUser, closed: int) -> None:
    def send_message() -> services.Posted:
        return services.post_message(
            user_id=alice.id, room_id=closed, content="Hello", client_id="c1"
        )

    first, again = send_message(), send_message()
    assert (first.created, again.created) == (True, False)
    assert payload.posted(again.message) == payload.posted(first.message)
    assert payload.posted(first.message) == {
        "id": first.message.pk,
        "offset": 2,
        "client_id": "c1",
    }


def test_a_client_id_is_ones_own_in_one_room(
    alice: ApiUser, bob: ApiUser, closed: int, direct: int
) -> None:
    said = [
        alice.posts(closed, "1", client_id="c").pk,
        bob.posts(closed, "2", client_id="c").pk,
        alice.posts(direct, "3", client_id="c").pk,
        alice.posts(closed, "4").pk,
        alice.posts(closed, "5").pk,
    ]
    assert len(set(said)) == 5
    assert alice.receives(closed) == ["1", "2", "4", "5"]


def test_who_has_left_resends_in_vain(bob: ApiUser, closed: int) -> None:
    bob.posts(closed, "Bye", client_id="c")
    bob.post(f"/rooms/{closed}/leave")
    again = bob.post(f"/rooms/{closed}/messages", content="Bye", client_id="c")
    assert refusal(again) == (404, "NOT_FOUND")


# --- replies ---------------------------------------------------------------------------------


def test_a_reply_names_a_message_of_the_same_room(
    alice: ApiUser, bob: ApiUser, closed: int, direct: int
) -> None:
    asked = alice.posts(closed, "Ready?")
    elsewhere = alice.posts(direct, "Psst")
    reply = bob.does(f"/rooms/{closed}/messages", content="Yes", reply_to=asked.pk)
    assert reply["reply_to"] == asked.pk
    stray = bob.post(f"/rooms/{closed}/messages", content="?", reply_to=elsewhere.pk)
    assert faults(stray) == ["reply_to"]


def test_what_was_said_outlives_its_author(alice: ApiUser, bob: ApiUser, closed: int) -> None:
    bob.posts(closed, "Remember me")
    bob.user.delete()
    [left] = alice.asks(f"/rooms/{closed}/messages")["results"]
    assert (left["user_id"], left["username"], left["content"]) == (None, "", "Remember me")
    assert alice.room(closed)["unread_count"] == 1


# --- the flat forms --------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/messages", "/messages"])
def test_the_flat_forms_name_the_room_themselves(
    alice: ApiUser, carol: ApiUser, closed: int, path: str
) -> None:
    body = {"chat_room_id": closed, "content": "One", "client_id": "c"}
    first = alice.client.post(path, body, format="json")
    assert (first.status_code, first.json()["room_id"]) == (201, closed)
    assert alice.client.post(path, body, format="json").json() == first.json()
    in_query = alice.client.post(f"{path}?chat_room_id={closed}", {"content": "Two"}, format="json")
    assert in_query.status_code == 201

    page = alice.client.get(path, {"chat_room_id": closed, "limit": 1}).json()
    assert [row["content"] for row in page["results"]] == ["Two"]
    before = alice.client.get(page["previous"]).json()
    assert [row["content"] for row in before["results"]] == ["One"]

    assert faults(alice.client.get(path)) == ["chat_room_id"]
    assert faults(alice.client.post(path, {"content": "x"}, format="json")) == ["chat_room_id"]
    assert faults(alice.client.get(path, {"chat_room_id": "x"})) == ["chat_room_id"]
    assert refusal(carol.client.get(path, {"chat_room_id": closed})) == (404, "NOT_FOUND")
    assert refusal(carol.client.post(path, body, format="json")) == (404, "NOT_FOUND")
