"""OpenAPI examples and errors of the job endpoints."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from api import description
from notifications.jobs.api.serializers import JobOutput

A_JOB: dict[str, Any] = {
    "id": 318,
    "user_id": 42,
    "user_ids": [42],
    "title": "Sales report",
    "status": "running",
    "progress": 0.4,
    "message": "Reading 48,210 rows",
    "link": "/prism/tasks/318",
    "type": None,
    "cancel_requested": False,
    "created_at": "2026-01-31T12:00:00.000000Z",
    "updated_at": "2026-01-31T12:00:07.500000Z",
}
ACTIVE = OpenApiParameter(
    "active", bool, description="true: only queued and running ones; false: only the others."
)
CREATE_EXAMPLES = [
    OpenApiExample(
        "For a user",
        request_only=True,
        value={"user_id": 42, "title": "Sales report", "link": "/prism/tasks/318"},
    ),
    OpenApiExample(
        "For several, who see the same",
        request_only=True,
        value={"user_ids": [42, 43], "title": "Sales report"},
    ),
    OpenApiExample(
        "For the issuer's user, already running, with a notification of its own type at the end",
        request_only=True,
        value={
            "external_id": "auth0|6512",
            "title": "Export of 2025",
            "type": "SYSTEM",
            "status": "running",
            "progress": 0.1,
            "message": "Collecting invoices",
        },
    ),
]
REPORT_EXAMPLES = [
    OpenApiExample(
        "Progress", request_only=True, value={"progress": 0.4, "message": "Reading 48,210 rows"}
    ),
    OpenApiExample(
        "The end",
        request_only=True,
        value={"status": "succeeded", "message": "The summary is ready to read"},
    ),
    OpenApiExample(
        "Cancelled, as a recipient asked", request_only=True, value={"status": "cancelled"}
    ),
    OpenApiExample("A sign of life", request_only=True, value={}),
]


def job(example: str = "The job") -> OpenApiResponse:
    """Describe a response with one job."""
    return description.answer(JobOutput, A_JOB, name=example)


def conflict(why: str, message: str) -> dict[int, OpenApiResponse]:
    """Describe a 409 of this endpoint."""
    return {409: description.error(why, {"code": "CONFLICT", "message": message})}
