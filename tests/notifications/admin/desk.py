"""What the tests of the admin do over and over."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.test import Client

NOTIFICATIONS = "/admin/notifications/notification/"
BATCHES = "/admin/notifications/batch/"
SEND = f"{NOTIFICATIONS}send/"
CHARTS = f"{NOTIFICATIONS}charts/"


def text(client: Client, path: str, **query: Any) -> str:
    """The page, which must be there."""
    answer = client.get(path, query)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def titles(client: Client, **query: Any) -> list[str]:
    """What the list shows, from the top."""
    answer = client.get(NOTIFICATIONS, query)
    assert answer.status_code == 200, answer.status_code
    return [row.title for row in answer.context["cl"].result_list]


def logged() -> list[str]:
    """What the admin log says, the oldest first."""
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
