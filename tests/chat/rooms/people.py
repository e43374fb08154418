"""Those who talk, and what a client would know of a room."""

import time
from typing import Any

import orjson
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import issue_access_tokens
from chat.rooms import services
from chat.rooms.models import Membership, Message, topic_of
from realtime.protocol.messages import Topic
from realtime.protocol.principal import Principal
from realtime.registries import topics
from tests.support.events import Event, events_on

API = "/api/v1"
ROOMS = f"{API}/rooms"


class ApiUser:
    """A user with a browser."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.id: int = user.pk
        self.name = user.username
        self.client = APIClient()
        token = issue_access_tokens(users=[user])[0]
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    @property
    def principal(self) -> Principal:
        return Principal(self.id, self.name, "", time.time() + 3_600)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path if path.startswith("http") else API + path, query)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(API + path, body, format="json")

    def patch(self, path: str, **body: Any) -> Any:
        return self.client.patch(API + path, body, format="json")

    def put(self, path: str, **body: Any) -> Any:
        return self.client.put(API + path, body, format="json")

    def delete(self, path: str) -> Any:
        return self.client.delete(API + path)

    def asks(self, path: str, **query: Any) -> Any:
        """GET, and expect it to work."""
        return _done(self.get(path, **query))

    def does(self, path: str, **body: Any) -> Any:
        """POST, and expect it to work."""
        return _done(self.post(path, **body))

    def rooms(self, **query: Any) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = self.asks("/rooms", **query)["results"]
        return shown

    def room(self, room_id: int) -> dict[str, Any]:
        shown: dict[str, Any] = self.asks(f"/rooms/{room_id}")
        return shown

    def members(self, room_id: int) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = self.asks(f"/rooms/{room_id}/members")["results"]
        return shown

    def posts(self, room_id: int, content: str, **more: Any) -> Message:
        """Post past HTTP, for tests of what comes after."""
        return services.post_message(
            user_id=self.id, room_id=room_id, content=content, **more
        ).message

    def receives(self, room_id: int, **query: Any) -> list[str]:
        """What the history shows."""
        page = self.asks(f"/rooms/{room_id}/messages", **query)
        return [row["content"] for row in page["results"]]

    def snapshot(self, room_id: int) -> dict[str, Any]:
        """Be let in to the room's topic, and read what goes with it."""
        topic = topics.authorized(self.principal, topic_of(room_id))
        text = topics.policy_of(topic).snapshot(self.principal, str(room_id))
        found: dict[str, Any] = orjson.loads(text or b"")
        return found


def refusal(answer: Any) -> tuple[int, str]:
    """The status and code of an answer that is none."""
    assert answer.status_code >= 400, answer.content
    return answer.status_code, answer.json()["code"]


def faults(answer: Any) -> list[str]:
    """The fields that a 400 names."""
    assert refusal(answer) == (400, "INVALID")
    return sorted(answer.json()["errors"])


def events(room_id: int, after: int = 0) -> list[Event]:
    """What a client is replayed that has seen everything of the room up to `after`."""
    return events_on(topic_of(room_id), after)


def events_for(person: ApiUser) -> list[Event]:
    """What has happened on the person's own topic."""
    return events_on(Topic(f"users/{person.id}"))


def event_types(room_id: int, after: int = 0) -> list[str]:
    """The types of the events alone."""
    return [event.type for event in events(room_id, after)]


def give_role(person: ApiUser, room_id: int, role: str) -> None:
    """Past the services, and past who may."""
    Membership.objects.filter(room=room_id, user=person.id).update(role=role)


def _done(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.content
    return answer.json()
