"""Examples and errors of the document endpoints, for OpenAPI."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from api import description
from chat.assistant.documents import limits
from chat.assistant.documents.parsers.sandbox import BUSY

A_DOCUMENT: dict[str, Any] = {
    "id": "12",
    "title": "Annual leave",
    "content_type": "text/markdown",
    "charset": "utf-8",
    "public": True,
    "groups": [],
    "status": "ready",
    "chunks": 4,
    "embedded": 4,
    "created_at": "2026-01-31T12:00:00.000000Z",
    "updated_at": "2026-01-31T12:00:00.000000Z",
}
A_WHOLE_DOCUMENT: dict[str, Any] = {**A_DOCUMENT, "text": "# Annual leave\n\nEveryone has 25 days."}
ADD_EXAMPLES = [
    OpenApiExample(
        "A file",
        request_only=True,
        media_type="multipart/form-data",
        value={"file": "annual-leave.pdf", "title": "Annual leave"},
    ),
    OpenApiExample(
        "Markdown",
        request_only=True,
        media_type="application/json",
        value={
            "title": "Annual leave",
            "content": "# Annual leave\n\nEveryone has 25 days.",
            "content_type": "text/markdown",
        },
    ),
    OpenApiExample(
        "For a group, kept up to date",
        request_only=True,
        media_type="application/json",
        value={
            "title": "Salary bands",
            "content": "<h1>Salary bands</h1><p>Engineer 1 …</p>",
            "content_type": "text/html",
            "key": "wiki/people/salary-bands",
            "groups": ["people"],
        },
    ),
]

_REFUSALS: description.Refusals = {
    400: description.invalid("file", "This PDF is encrypted: save it without a password."),
    404: (
        "Does not exist, or is hidden from the caller",
        {"code": "NOT_FOUND", "message": "Not found"},
    ),
    413: (
        "The document is too large",
        {
            "code": "MESSAGE_TOO_LARGE",
            "message": f"Expected a file of at most {limits.FILE_BYTES} bytes.",
        },
    ),
    503: (
        "Other documents are being read; retry after `Retry-After` seconds",
        {"code": "UNAVAILABLE", "message": BUSY},
    ),
}


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """The error responses of an endpoint with an example each; 401 and 403 are always included."""
    return description.errors(_REFUSALS, *statuses)
