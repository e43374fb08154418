"""Lists that change while somebody pages through them: no row is skipped, and none comes twice."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import issue_access_tokens
from chat.assistant.documents.models import Document
from chat.assistant.models import Conversation
from chat.rooms.models import Membership, Room
from notifications.jobs.models import Job
from tests.chat.assistant.library import shelve
from tests.notifications.people import send_to

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
# Several rows of the same moment: what tells them apart is their id.
MOMENTS = (0, 0, 0, 1, 1, 2, 2, 2, 2)


@dataclass(frozen=True)
class Listed:
    """A list: where it is, how a row is made (by a number), and the model that is deleted from."""

    path: str
    make: Callable[[User, int], int]
    model: Any
    key: str = "id"


def conversation(user: User, number: int) -> int:
    at = NOW + timedelta(seconds=number)
    return Conversation.objects.create(user=user, title="C", created_at=at, updated_at=at).pk


def job(user: User, number: int) -> int:
    at = NOW + timedelta(seconds=number)
    stamps = {"created_at": at, "updated_at": at, "reported_at": at, "quiet_until": at}
    made = Job.objects.create(user=user, sender="service:x", title="J", **stamps)
    return made.pk


def room(user: User, number: int) -> int:
    made = Room.objects.create(name="R", kind="group", created_at=NOW + timedelta(seconds=number))
    Membership.objects.create(room=made, user=user, role="owner", joined_at=NOW)
    return made.pk


def member(user: User, number: int) -> int:
    other = User.objects.create_user(f"member{User.objects.count()}")
    Membership.objects.create(room=Room.objects.get(), user=other, role="member", joined_at=NOW)
    return other.pk


def notification(user: User, number: int) -> int:
    return send_to(user.pk).ids[0]


def document(user: User, number: int) -> int:
    return shelve(f"Text {Document.objects.count()}", f"D{Document.objects.count()}").pk


LISTS = {
    "notifications": Listed("/api/v1/notifications", notification, None),
    "unread": Listed("/api/v1/notifications/unread", notification, None),
    "jobs": Listed("/api/v1/jobs", job, Job),
    "rooms": Listed("/api/v1/rooms", room, Room),
    "conversations": Listed(
        "/api/v1/chat/conversations", conversation, Conversation, "conversation_id"
    ),
    "documents": Listed("/api/v1/chat/documents", document, Document),
}


@pytest.fixture(autouse=True)
def _site(settings: Settings, db: None, epoch: None) -> None:
    settings.ROOT_URLCONF = "config.urls"
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def user() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def client(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_access_tokens(users=[user])[0]}")
    return client


def page(client: APIClient, url: str, **query: Any) -> Any:
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(body: Any, key: str) -> list[int]:
    return [int(row[key]) for row in body["results"]]


def delete(client: APIClient, listed: Listed, row_id: int) -> None:
    if listed.model is None:
        assert client.delete(f"/api/v1/notifications/{row_id}").status_code == 204
    else:
        listed.model.objects.filter(pk=row_id).delete()


@pytest.mark.parametrize("name", LISTS)
def test_no_row_is_skipped_or_repeated_while_rows_come_and_go(
    client: APIClient, user: User, name: str
) -> None:
    listed = LISTS[name]
    made = [listed.make(user, number) for number in MOMENTS]
    whole = ids(page(client, listed.path, size=100), listed.key)
    assert set(whole) == set(made)

    body = page(client, listed.path, size=3)
    assert ids(body, listed.key) == whole[:3]
    assert body["previous"] is None
    # The row at the cursor and one before it go, and another one comes at the front.
    delete(client, listed, whole[2])
    delete(client, listed, whole[0])
    listed.make(user, 100)
    seen: list[int] = []
    while body["next"] is not None:
        assert "page=" not in body["next"]
        assert "size=3" in body["next"]
        body = page(client, body["next"])
        assert f"page={len(seen) // 3 + 1}" in body["previous"]
        seen += ids(body, listed.key)
    assert seen == whole[3:]


def test_members_go_on_behind_the_last_one_that_was_shown(client: APIClient, user: User) -> None:
    room(user, 0)
    others = [member(user, 0) for _ in range(5)]
    path = f"/api/v1/rooms/{Room.objects.get().pk}/members"
    first = page(client, path, size=3)
    shown = [row["user_id"] for row in first["results"]]
    Membership.objects.filter(user__in=shown[1:]).delete()
    assert [row["user_id"] for row in page(client, first["next"])["results"]] == others[2:]


def test_filters_go_along_and_hold(client: APIClient, user: User) -> None:
    sent = [notification(user, 0) for _ in range(6)]
    for row_id in sent[::2]:
        client.put(f"/api/v1/notifications/{row_id}/read")
    first = page(client, "/api/v1/notifications", size=2, status="READ", type="ORDER_CREATED")
    second = page(client, first["next"])
    assert "status=READ" in first["next"]
    assert ids(first, "id") + ids(second, "id") == sent[-2::-2]
    assert second["next"] is None


def test_page_still_works_and_beyond_the_end_is_empty(client: APIClient, user: User) -> None:
    sent = [notification(user, 0) for _ in range(5)][::-1]
    second = page(client, "/api/v1/notifications", size=2, page=2)
    assert ids(second, "id") == sent[2:4]
    assert ids(page(client, second["next"]), "id") == sent[4:]
    beyond = page(client, "/api/v1/notifications", size=2, page=9)
    assert (beyond["results"], beyond["next"]) == ([], None)


def test_page_that_has_not_changed_is_answered_the_same_a_minute_later(
    client: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        notification(user, 0)
    first = page(client, "/api/v1/notifications", size=2)
    began = time.time()
    monkeypatch.setattr(time, "time", lambda: began + 60)
    assert page(client, "/api/v1/notifications", size=2) == first


def test_cursor_of_the_release_before_is_taken(client: APIClient, user: User) -> None:
    sent = [notification(user, 0) for _ in range(3)][::-1]
    first = page(client, "/api/v1/notifications", size=2)
    [cursor] = parse_qs(urlsplit(first["next"]).query)["cursor"]
    held = signing.Signer(salt="api.cursors").unsign_object(cursor)
    older = signing.dumps(held, salt="api.cursors")
    assert ids(page(client, "/api/v1/notifications", size=2, cursor=older), "id") == sent[2:]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "9" * 5_000,
        "\x00",
        "WyJhIl0:1:abc",
        signing.dumps([["-pk"], [1], 1]),
        signing.dumps([["-updated_at", "-id"], ["'; --", 1], 1], salt="api.cursors"),
        signing.dumps({"a": 1}, salt="api.cursors"),
        signing.Signer().sign_object([["-pk"], [1], 1]),
        signing.Signer(salt="api.cursors").sign_object([["-updated_at"], ["'; --", 1], 1]),
        signing.Signer(salt="api.cursors").sign_object({"a": 1}),
    ],
)
@pytest.mark.parametrize(
    "path", ["/api/v1/notifications", "/api/v1/jobs", "/api/v1/chat/documents"]
)
def test_what_is_no_cursor_of_this_list_is_a_400(client: APIClient, path: str, cursor: str) -> None:
    answer = client.get(path, {"cursor": cursor})
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "INVALID"
    assert list(answer.json()["errors"]) == ["cursor"]


@pytest.mark.parametrize("name", ["notifications", "jobs", "documents"])
def test_later_page_costs_as_many_statements_as_the_first(
    client: APIClient, user: User, name: str
) -> None:
    listed = LISTS[name]
    for number in range(9):
        listed.make(user, number)
    body = page(client, listed.path, size=2)
    counts = []
    while body["next"] is not None:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            body = page(client, body["next"])
        counts.append(len(queries))
        assert not any(
            "OFFSET" in query["sql"] and "OFFSET 0" not in query["sql"] for query in queries
        )
    assert len(set(counts[:-1])) == 1
