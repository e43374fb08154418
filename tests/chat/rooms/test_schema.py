"""OpenAPI says of every endpoint what it takes, what it answers, and how it refuses."""

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

# What config adds to every description.
STREAMS = ("/sse", "/long-polling", "/api/v1/chat/message", "/api/v1/chat/stream")
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
    generator = SchemaGenerator(urlconf="tests.chat.rooms.urls")  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found: dict[str, Any] = schema["paths"]
    return found


@pytest.mark.parametrize(("endpoint", "statuses"), ENDPOINTS.items())
def test_every_endpoint_is_described(
    paths: dict[str, Any], endpoint: tuple[str, str], statuses: list[str]
) -> None:
    described = paths[endpoint[0]][endpoint[1]]
    assert described["summary"]
    everywhere = {"400", *(("413", "415") if "requestBody" in described else ())}
    assert sorted(described["responses"]) == sorted({*statuses, *everywhere})
    for status, answer in described["responses"].items():
        if status != "204":
            assert answer["content"]["application/json"]["examples"], status


def test_nothing_else_is_there(paths: dict[str, Any]) -> None:
    rooms = {path: item for path, item in paths.items() if not path.startswith(STREAMS)}
    assert {(path, method) for path, methods in rooms.items() for method in methods} == set(
        ENDPOINTS
    )


def test_lists_come_in_their_envelope(paths: dict[str, Any]) -> None:
    listed = paths["/api/v1/rooms"]["get"]
    assert {each["name"] for each in listed["parameters"]} == {"open", "page", "size"}
    names = [each["operationId"] for methods in paths.values() for each in methods.values()]
    assert len(set(names)) == len(names)
