"""OpenAPI says of every endpoint what it takes, what it answers, and how it refuses."""

from typing import Any

import pytest

from tests.openapi.described import endpoints_of, is_described, schema_of

pytestmark = pytest.mark.once

ROOM = "/api/v1/rooms/{room_id}"
ENDPOINTS = {
    ("/api/v1/rooms", "get"): ["200", "400", "401", "403"],
    ("/api/v1/rooms", "post"): ["200", "201", "400", "401", "403"],
    (ROOM, "get"): ["200", "401", "403", "404"],
    (ROOM, "patch"): ["200", "400", "401", "403", "404", "409"],
    (ROOM, "delete"): ["204", "401", "403", "404", "409"],
    (f"{ROOM}/members/{{user_id}}", "patch"): ["200", "400", "401", "403", "404", "409"],
    (f"{ROOM}/members/{{user_id}}", "delete"): ["204", "401", "403", "404", "409"],
    (f"{ROOM}/messages/{{message_id}}", "patch"): ["200", "400", "401", "403", "404", "409"],
    (f"{ROOM}/messages/{{message_id}}", "delete"): ["204", "401", "403", "404"],
    (f"{ROOM}/timer", "get"): ["200", "401", "403", "404", "409"],
    (f"{ROOM}/timer", "post"): ["200", "400", "401", "403", "404", "409"],
    ("/api/v1/users", "get"): ["200", "400", "401", "403", "429"],
    ("/api/v1/users/blocked", "get"): ["200", "400", "401", "403", "429", "503"],
    ("/api/v1/users/{user_id}/block", "put"): ["204", "400", "401", "403", "404"],
    ("/api/v1/users/{user_id}/block", "delete"): ["204", "401", "403", "404"],
    ("/api/v1/matching", "post"): ["200", "202", "401", "403"],
    ("/api/v1/matching", "delete"): ["204", "401", "403"],
    (f"{ROOM}/join", "post"): ["200", "401", "403", "404"],
    (f"{ROOM}/leave", "post"): ["204", "401", "403", "404", "409"],
    (f"{ROOM}/members", "get"): ["200", "400", "401", "403", "404"],
    (f"{ROOM}/members", "post"): ["200", "201", "400", "401", "403", "404", "409"],
    (f"{ROOM}/messages", "get"): ["200", "400", "401", "403", "404"],
    (f"{ROOM}/messages", "post"): ["200", "201", "400", "401", "403", "404"],
    (f"{ROOM}/read", "post"): ["200", "400", "401", "403", "404"],
    ("/api/v1/messages", "get"): ["200", "400", "401", "403", "404"],
    ("/api/v1/messages", "post"): ["200", "201", "400", "401", "403", "404"],
    ("/messages", "get"): ["200", "400", "401", "403", "404"],
    ("/messages", "post"): ["200", "201", "400", "401", "403", "404"],
}


@pytest.fixture(scope="module")
def paths() -> dict[str, Any]:
    found: dict[str, Any] = schema_of("tests.chat.rooms.urls")["paths"]
    return found


@pytest.mark.parametrize(("endpoint", "statuses"), ENDPOINTS.items())
def test_every_endpoint_is_described(
    paths: dict[str, Any], endpoint: tuple[str, str], statuses: list[str]
) -> None:
    is_described(paths[endpoint[0]][endpoint[1]], statuses)


def test_nothing_else_is_there(paths: dict[str, Any]) -> None:
    assert endpoints_of(paths) == set(ENDPOINTS)


def test_lists_come_in_their_envelope(paths: dict[str, Any]) -> None:
    listed = paths["/api/v1/rooms"]["get"]
    assert {each["name"] for each in listed["parameters"]} == {"open", "page", "size"}
    names = [each["operationId"] for methods in paths.values() for each in methods.values()]
    assert len(set(names)) == len(names)
