"""Nothing that shows nothing is taken for a text that people see, on any REST path."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.credentials.service_keys import create_service_key
from accounts.models import User
from accounts.services import issue_access_tokens
from chat.rooms import services
from chat.rooms.models import Kind
from tests.text.vectors import VECTORS

pytestmark = pytest.mark.django_db

BLANKS = [" ", "\u200b", "\u3164", "\u2800", "\ufe0f\u200d", "\u202e \u2069", "\u00ad", "\ue000"]
SEEN = ["👍", "\u3164.\u3164", "\u0301", "아"]

Asks = Callable[..., Any]


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def asks(alice: User) -> Asks:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_access_tokens(users=[alice])[0]}")

    def ask(method: str, path: str, **body: Any) -> Any:
        return getattr(client, method)(path, body, format="json")

    return ask


@pytest.fixture
def serves() -> Asks:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {create_service_key(name='s')[1]}")

    def ask(method: str, path: str, **body: Any) -> Any:
        return getattr(client, method)(path, body, format="json")

    return ask


def _faults(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "INVALID"
    return list(answer.json()["errors"])


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_what_users_write_shows_something(asks: Asks, alice: User, blank: str) -> None:
    rooms, flat = "/api/v1/rooms", "/messages"
    room = services.create_room(user_id=alice.pk, name="Room", kind=Kind.GROUP)
    messages = f"{rooms}/{room.pk}/messages"
    said = asks("post", messages, content="Hello").json()
    assert _faults(asks("post", rooms, kind="group", name=blank)) == ["name"]
    assert _faults(asks("patch", f"{rooms}/{room.pk}", name=blank)) == ["name"]
    assert _faults(asks("post", messages, content=blank)) == ["content"]
    assert _faults(asks("patch", f"{messages}/{said['id']}", content=blank)) == ["content"]
    assert _faults(asks("post", flat, chat_room_id=room.pk, content=blank)) == ["content"]
    assert [each["content"] for each in asks("get", messages).json()["results"]] == ["Hello"]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_what_services_send_shows_something(serves: Asks, alice: User, blank: str) -> None:
    notifications, to = "/api/v1/notifications", {"type": "SYSTEM", "user_ids": [alice.pk]}
    assert _faults(serves("post", f"{notifications}/send", message=blank, **to)) == ["message"]
    legacy = serves("post", "/notification/send", memberId=alice.pk, message=blank)
    assert _faults(legacy) == ["message"]
    sent = serves("post", f"{notifications}/send", message="Hello", title=blank, **to)
    assert sent.status_code == 201
    job = {"username": "alice", "message": blank}
    assert _faults(serves("post", "/api/v1/jobs", title=blank, **job)) == ["title"]
    made = serves("post", "/api/v1/jobs", title="Analysis", **job)
    assert made.json()["message"] == ""
    documents = "/api/v1/chat/documents"
    assert _faults(serves("post", documents, title="T", content=f"{blank}\n")) == ["content"]
    titled = serves(
        "post", documents, title=blank, content="# Heading\n\nText", content_type="text/markdown"
    )
    assert titled.json()["title"] == "Heading"


@pytest.mark.parametrize("seen", SEEN, ids=ascii)
def test_what_shows_something_is_kept_as_it_was_written(asks: Asks, alice: User, seen: str) -> None:
    room = services.create_room(user_id=alice.pk, name=seen, kind=Kind.GROUP)
    said = asks("post", f"/api/v1/rooms/{room.pk}/messages", content=seen)
    assert said.json()["content"] == seen


@pytest.mark.parametrize("blank", VECTORS["blank"][1:], ids=ascii)
def test_name_that_shows_nothing_gives_way_to_the_username(blank: str) -> None:
    assert User(username="alice", first_name=blank).display_name == "alice"
