"""Parts of the OpenAPI description common to all endpoints: examples and errors."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

# By status: the reason, and the body of an example.
Refusals = Mapping[int, tuple[str, dict[str, Any]]]


class ErrorOutput(serializers.Serializer[Any]):
    """The body of every error."""

    code = serializers.CharField()
    message = serializers.CharField()
    # `errors` is also a property of every serializer, which conflicts only in the type.
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


EVERYWHERE: Refusals = {
    401: (
        "No credential, or one that opens nothing",
        {"code": "AUTH_ERROR", "message": "Authentication failed"},
    ),
    403: ("Not for this caller", {"code": "FORBIDDEN", "message": "Forbidden"}),
}


def invalid(field: str, fault: str) -> tuple[str, dict[str, Any]]:
    """A 400 that names a field."""
    body = {"code": "INVALID", "message": "Invalid input", "errors": {field: [fault]}}
    return "The input, field by field", body


def answer(shape: Any, value: Any, description: str = "", name: str = "Answer") -> OpenApiResponse:
    """A success response with an example."""
    return OpenApiResponse(
        shape, description=description, examples=[OpenApiExample(name, value=value)]
    )


def errors(refusals: Refusals, *statuses: int) -> dict[int, OpenApiResponse]:
    """The error responses of an endpoint, with an example of each; 401 and 403 always."""
    documented = {**EVERYWHERE, **refusals}
    return {status: error(*documented[status]) for status in sorted({*EVERYWHERE, *statuses})}


def error(why: str, body: dict[str, Any]) -> OpenApiResponse:
    """One error response with an example."""
    return OpenApiResponse(ErrorOutput, description=why, examples=[OpenApiExample(why, value=body)])
