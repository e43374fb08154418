"""Examples and errors of the room endpoints, for OpenAPI."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from api import description

A_MESSAGE: dict[str, Any] = {
    "id": 31,
    "room_id": 7,
    "user_id": 42,
    "username": "alice",
    "content": "Shall we start?",
    "client_id": "b1c7e0c2-6c1e-4d0e-9a39-0d4a3b1f7c55",
    "reply_to": None,
    "mentions": [],
    "offset": 12,
    "created_at": "2026-01-31T12:00:00.000000Z",
    "edited_at": None,
    "deleted_at": None,
}
A_ROOM: dict[str, Any] = {
    "id": 7,
    "name": "Planning",
    "kind": "group",
    "open": True,
    "settings": {},
    "role": "owner",
    "members_count": 3,
    "unread_count": 1,
    "last_message": A_MESSAGE,
    "head": 12,
    "created_at": "2026-01-31T09:00:00.000000Z",
}
A_MEMBER: dict[str, Any] = {"user_id": 43, "username": "bob", "role": "member"}
A_HISTORY: dict[str, Any] = {
    "results": [A_MESSAGE],
    "next": None,
    "previous": "https://bellwire.example/api/v1/rooms/7/messages?before=31",
}
A_TIMER: dict[str, Any] = {
    "phase": "work",
    "status": "running",
    "duration_s": 1500,
    "ends_at": "2026-01-31T12:25:00.000000Z",
    "remaining_s": 1500.0,
    "server_time": "2026-01-31T12:00:00.000000Z",
}
A_CURSOR: dict[str, Any] = {"user_id": 42, "offset": 12}

ROOM_EXAMPLES = [
    OpenApiExample(
        "An open group",
        request_only=True,
        value={"name": "Planning", "kind": "group", "open": True},
    ),
    OpenApiExample(
        "A direct room",
        request_only=True,
        value={"kind": "direct", "user_id": 43},
    ),
]
PATCH_EXAMPLE = OpenApiExample(
    "A shorter break",
    request_only=True,
    value={"name": "Deep work", "settings": {"break_s": 240}},
)
MESSAGE_EXAMPLE = OpenApiExample(
    "A message",
    request_only=True,
    value={"content": A_MESSAGE["content"], "client_id": A_MESSAGE["client_id"]},
)
LEGACY_MESSAGE_EXAMPLE = OpenApiExample(
    "A message",
    request_only=True,
    value={"chat_room_id": 7, "content": A_MESSAGE["content"]},
)


_REFUSALS: description.Refusals = {
    400: description.invalid("content", "Expected 1 to 4000 characters, got 0."),
    403: (
        "The caller has not joined this open room, or may not do this",
        {"code": "FORBIDDEN", "message": "Join this room first"},
    ),
    404: (
        "Does not exist, or is hidden from the caller",
        {"code": "NOT_FOUND", "message": "Not found"},
    ),
    409: (
        "Not possible in this kind of room, or in its present state",
        {"code": "CONFLICT", "message": "A direct room has exactly two members"},
    ),
    429: (
        "Too many requests; retry after `Retry-After` seconds",
        {"code": "RATE_LIMITED", "message": "Too many requests"},
    ),
}


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """The error responses of an endpoint with an example each; 401 and 403 are always included."""
    return description.errors(_REFUSALS, *statuses)
