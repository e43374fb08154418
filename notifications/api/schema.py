"""OpenAPI examples and errors of the notification endpoints."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from api import description
from api.description import answer
from notifications import limits

A_NOTIFICATION: dict[str, Any] = {
    "id": 7,
    "user_id": 42,
    "type": "DELIVERY_STARTED",
    "title": "On its way",
    "message": "Your parcel has left our house.",
    "link": "/orders/1001",
    "status": "UNREAD",
    "reference_id": "1001",
    "reference_type": "order",
    "data": {"routing": {"type": "order", "path": "/orders/1001", "params": {"tab": "parcel"}}},
    "created_at": "2026-01-31T12:00:00.000000Z",
    "read_at": None,
}
PREFERENCES = {"type": "object", "additionalProperties": {"type": "boolean"}}
PREFERENCES_EXAMPLE = OpenApiExample("Without the blog", value={"blog": False}, request_only=True)
A_BATCH = "0b6f7f3a-58d3-4f4e-9b0e-0f3f4f6f5a11"

SEND_EXAMPLES = [
    OpenApiExample(
        "To a user",
        request_only=True,
        value={
            "user_ids": [42],
            "type": "DELIVERY_STARTED",
            "message": "Your parcel has left our house.",
            "link": "/orders/1001",
            "reference_id": "1001",
            "reference_type": "order",
        },
    ),
    OpenApiExample(
        "To people by their names, in place of an older one",
        request_only=True,
        value={
            "usernames": ["alice", "bob"],
            "type": "BLOG_LIKE",
            "title": "Alice and 3 others liked your post",
            "message": "Notes on ordering",
            "collapse_key": "blog-like:17",
            "expires_at": "2030-01-31T12:00:00Z",
        },
    ),
    OpenApiExample(
        "To everyone",
        request_only=True,
        value={"broadcast": True, "type": "announcement", "message": "We move on Sunday."},
    ),
    OpenApiExample(
        "Sent",
        response_only=True,
        status_codes=["201"],
        value={"batch_id": A_BATCH, "count": 2, "ids": [7, 8]},
    ),
]
SEND_MANY_EXAMPLES = [
    OpenApiExample(
        "Two parcels, each by itself",
        request_only=True,
        value={
            "atomic": False,
            "items": [
                {
                    "user_ids": [42],
                    "type": "DELIVERY_STARTED",
                    "message": "Your parcel has left our house.",
                    "idempotency_key": "order-1001-started",
                },
                {
                    "usernames": ["alice"],
                    "type": "DELIVERY_STARTED",
                    "message": "Your parcel has left our house.",
                    "idempotency_key": "order-1002-started",
                },
            ],
        },
    ),
    OpenApiExample(
        "All sent",
        response_only=True,
        status_codes=["201"],
        value={
            "results": [
                {"batch_id": A_BATCH, "count": 1, "ids": [7]},
                {"batch_id": "5d4e0f53-42ae-4f27-8b7f-6f6f0c6d8c1e", "count": 1, "ids": [8]},
            ]
        },
    ),
    OpenApiExample(
        "One of them was not sent",
        response_only=True,
        status_codes=["207"],
        value={
            "results": [
                {"batch_id": A_BATCH, "count": 1, "ids": [7]},
                {
                    "code": "INVALID",
                    "message": "Invalid input",
                    "errors": {"usernames": ["No such user: alice"]},
                },
            ]
        },
    ),
]
MEMBER_EXAMPLE = OpenApiExample(
    "The older form",
    request_only=True,
    value={"memberId": 42, "message": "Welcome", "redirectPath": "/welcome"},
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Kept 24 hours: the same key again is given the first answer and sends nothing.",
)
FILTERS = [
    OpenApiParameter("status", str, enum=["UNREAD", "READ"]),
    OpenApiParameter("type", str, description="A registered type."),
    OpenApiParameter("category", str, description="A category of registered types."),
]

READ_ALL_FILTERS = [
    *FILTERS[1:],
    OpenApiParameter("up_to", int, description="As in the body, which goes before the query."),
]
READ_ALL_EXAMPLES = [
    OpenApiExample("Everything", request_only=True, value={}),
    OpenApiExample("One category", request_only=True, value={"category": "shopping"}),
    OpenApiExample("What was shown", request_only=True, value={"up_to": 17}),
]


def preferences_answer() -> OpenApiResponse:
    """Describe the response with every category and whether it is on."""
    value = {"shopping": True, "blog": False, "prism": True, "social": True, "system": True}
    return answer(PREFERENCES, value)


_REFUSALS: description.Refusals = {
    400: description.invalid("type", "Unknown type: ORDER_LOST"),
    404: ("Not there, or not the caller's", {"code": "NOT_FOUND", "message": "Not found"}),
    409: (
        "The key came with another body before",
        {"code": "CONFLICT", "message": "This Idempotency-Key was used with another body"},
    ),
    413: (
        f"Larger than {limits.RECIPIENTS} recipients need",
        {"code": "MESSAGE_TOO_LARGE", "message": "A body has at most 8388608 bytes"},
    ),
}


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """Describe an endpoint's errors, with an example of each; 401 and 403 always."""
    return description.errors(_REFUSALS, *statuses)
