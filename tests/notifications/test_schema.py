"""OpenAPI says of every endpoint what it takes, what it answers, and how it refuses."""

from typing import Any

import pytest

from tests.notifications.people import NOTIFICATIONS
from tests.openapi.described import is_described, schema_of

pytestmark = pytest.mark.once

ENDPOINTS = {
    ("", "get"): ["200", "400", "401", "403"],
    ("/unread", "get"): ["200", "400", "401", "403"],
    ("/unread/count", "get"): ["200", "401", "403"],
    ("/{notification_id}/read", "put"): ["200", "401", "403", "404"],
    ("/read-all", "put"): ["200", "400", "401", "403"],
    ("/{notification_id}", "delete"): ["204", "401", "403", "404"],
    ("/send", "post"): ["201", "400", "401", "403", "409", "413"],
    ("/sent/{batch_id}", "get"): ["200", "401", "403", "404"],
    ("/sent/{batch_id}", "delete"): ["204", "401", "403", "404"],
}


@pytest.fixture(scope="module")
def paths() -> dict[str, Any]:
    found: dict[str, Any] = schema_of()["paths"]
    return found


@pytest.mark.parametrize(("endpoint", "statuses"), ENDPOINTS.items())
def test_every_endpoint_is_described(
    paths: dict[str, Any], endpoint: tuple[str, str], statuses: list[str]
) -> None:
    is_described(paths[NOTIFICATIONS + endpoint[0]][endpoint[1]], statuses)


def test_the_bodies_have_examples(paths: dict[str, Any]) -> None:
    for path in (f"{NOTIFICATIONS}/send", "/notification/send"):
        body = paths[path]["post"]["requestBody"]["content"]
        assert body["application/json"]["examples"]
