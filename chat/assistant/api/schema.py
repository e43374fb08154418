"""Examples and errors of the assistant's endpoints, for OpenAPI."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from api import description

A_SOURCE: dict[str, Any] = {
    "document_id": "7",
    "title": "Returns",
    "place": "Returns > How long",
    "snippet": "Goods can be sent back within 14 days.",
    "score": 0.81,
    "url": "/documents/7#how-long",
}
A_QUESTION: dict[str, Any] = {
    "message_id": "41",
    "role": "user",
    "content": "How long may I send goods back?",
    "sources": [],
    "status": "complete",
    "created_at": "2026-01-31T12:00:00.000000Z",
}
AN_ANSWER: dict[str, Any] = {
    "message_id": "42",
    "role": "assistant",
    "content": "Within 14 days [1].",
    "sources": [A_SOURCE],
    "status": "complete",
    "created_at": "2026-01-31T12:00:00.000000Z",
    "answers": "41",
    "last_event_id": "22",
    "error": None,
    "feedback": None,
}
ANSWERED: dict[str, Any] = {"conversation_id": "12", "message": AN_ANSWER}
BEGUN: dict[str, Any] = {
    "conversation_id": "12",
    "message": {
        **AN_ANSWER,
        "content": "",
        "sources": [],
        "status": "streaming",
        "last_event_id": "0",
    },
}
A_CONVERSATION: dict[str, Any] = {
    "conversation_id": "12",
    "title": "How long may I send goods back?",
    "created_at": "2026-01-31T12:00:00.000000Z",
    "updated_at": "2026-01-31T12:00:00.000000Z",
}
A_WHOLE_CONVERSATION: dict[str, Any] = {**A_CONVERSATION, "messages": [A_QUESTION, AN_ANSWER]}
TITLE_EXAMPLE = OpenApiExample("A title", request_only=True, value={"title": "Returns"})
FEEDBACK_EXAMPLE = OpenApiExample(
    "Thanks", request_only=True, value={"rating": "up", "comment": "Just what I needed"}
)


_REFUSALS: description.Refusals = {
    400: description.invalid("title", "This field is required."),
    404: (
        "Does not exist, or belongs to another user",
        {"code": "NOT_FOUND", "message": "Not found"},
    ),
    409: (
        "Not while the answer is being written",
        {"code": "CONFLICT", "message": "This answer is still being written"},
    ),
    429: (
        "Too many concurrent answers; retry after `Retry-After` seconds",
        {
            "code": "BUSY",
            "message": "3 answers are being written already; wait for one, or stop it",
        },
    ),
    503: (
        "This instance is stopping; retry after `Retry-After` seconds",
        {"code": "DRAINING", "message": "This instance is stopping"},
    ),
}


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """The error responses of an endpoint with an example each; 401 and 403 are always included."""
    return description.errors(_REFUSALS, *statuses)
