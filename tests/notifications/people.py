"""Those who take part: people with an inbox, services that send, and what a client would know."""

from typing import Any

from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import issue_access_tokens
from accounts.topics import user_topic
from notifications import selectors, services
from notifications.services import Answer, Content, RecipientKind, Recipients
from realtime.log import event_log
from realtime.protocol.messages import Topic
from tests.support.events import Event, events_on

NOTIFICATIONS = "/api/v1/notifications"
SEND = f"{NOTIFICATIONS}/send"


class ApiUser:
    """A user with a browser: what they ask over REST, and what their topic has told them."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.id: int = user.pk
        self.client = APIClient()
        token = issue_access_tokens(users=[user])[0]
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def get(self, path: str = "", **query: Any) -> Any:
        return self.client.get(NOTIFICATIONS + path, query)

    def put(self, path: str, body: Any = None) -> Any:
        return self.client.put(NOTIFICATIONS + path, body, format="json")

    def delete(self, path: str) -> Any:
        return self.client.delete(NOTIFICATIONS + path)

    def rows(self, path: str = "", **query: Any) -> list[dict[str, Any]]:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def ids(self, path: str = "", **query: Any) -> list[int]:
        return [row["id"] for row in self.rows(path, **query)]

    def count(self) -> int:
        counted: int = self.get("/unread/count").json()["count"]
        return counted

    def events(self, after: int = 0) -> list[Event]:
        return events_of(self.id, after)

    def event_types(self, after: int = 0) -> list[str]:
        """The types of the events alone."""
        return [event.type for event in self.events(after)]


class Service:
    """An internal service with a key."""

    def __init__(self, key: str) -> None:
        self.client = APIClient()
        self.client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")

    def post(self, body: Any, *, key: str | None = None, path: str = SEND) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.client.post(path, body, format="json", headers=headers)

    def send(self, *to: ApiUser, **more: Any) -> dict[str, Any]:
        """Send and expect it to work."""
        answer = self.post(a_body(*to, **more))
        assert answer.status_code == 201, answer.content
        sent: dict[str, Any] = answer.json()
        return sent

    def refused(self, **body: Any) -> dict[str, list[str]]:
        """Send and expect a 400; what was wrong, by field."""
        answer = self.post(body)
        assert answer.status_code == 400, answer.content
        assert answer.json()["code"] == "INVALID"
        errors: dict[str, list[str]] = answer.json()["errors"]
        return errors


def a_body(*to: ApiUser, **more: Any) -> dict[str, Any]:
    """A small `send` to people."""
    said = {"type": "ORDER_CREATED", "message": "Two items"}
    return {**said, "user_ids": [person.id for person in to], **more}


def send_to(*users: int, sender: str = "service:orders", **content: Any) -> Answer:
    """A send without HTTP, for tests of what is behind it."""
    said: dict[str, Any] = {"type": "ORDER_CREATED", "message": "Two items", **content}
    return services.send(
        sender=sender, to=Recipients(RecipientKind.USER_ID, list(users)), content=Content(**said)
    )


def send_to_all(*, sender: str = "service:orders", **content: Any) -> Answer:
    """A broadcast without HTTP."""
    said: dict[str, Any] = {"type": "announcement", "message": "We move", **content}
    return services.broadcast(sender=sender, content=Content(**said))


def head_of(topic: str) -> int:
    """The last offset of a topic."""
    return event_log.heads([Topic(topic)])[1].get(Topic(topic), 0)


def events_of(user_id: int, after: int = 0) -> list[Event]:
    """What has happened on a user's own topic."""
    return events_on(user_topic(user_id), after)


# One statement: through the ORM ten thousand take seconds, which many tests would wait for.
_SOME_USERS = """
WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < %s)
INSERT INTO accounts_user (username, username_key, external_id, password, first_name, last_name,
    email, is_staff, is_superuser, is_active, date_joined)
SELECT %s || '-' || n, %s || '-' || n, 'ext-' || %s || '-' || n, '', '', '', '',
    FALSE, FALSE, TRUE, %s FROM counted
"""


def some_users(count: int, prefix: str = "user") -> list[User]:
    """Many people at once, in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(_SOME_USERS, [count, prefix, prefix, prefix, timezone.now()])
    return list(User.objects.filter(username__startswith=f"{prefix}-").order_by("pk"))


def unread(user_id: int) -> int:
    return selectors.unread(user_id).count
