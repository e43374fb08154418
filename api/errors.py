"""REST errors: every failure is a response `{code, message, errors?: {field: [...]}}`.

    APIException (DRF)
    └── ApiError          raised by our own views and services, with a code of the catalogue

Other exceptions of views (DRF's, Django's `Http404`, `PermissionDenied`, `ValidationError`,
`SuspiciousOperation`) are translated here; a programming error remains a 500.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

FieldErrors = dict[str, list[str]]


class Code(StrEnum):
    """The codes of REST errors."""

    AUTH_ERROR = "AUTH_ERROR"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a code, not a token
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"
    CONFLICT = "CONFLICT"
    RATE_LIMITED = "RATE_LIMITED"
    TOO_MANY_CONNECTIONS = "TOO_MANY_CONNECTIONS"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    UNAVAILABLE = "UNAVAILABLE"


STATUS: Mapping[str, int] = {
    Code.AUTH_ERROR: 401,
    Code.TOKEN_EXPIRED: 401,
    Code.FORBIDDEN: 403,
    Code.NOT_FOUND: 404,
    Code.INVALID: 400,
    Code.CONFLICT: 409,
    Code.RATE_LIMITED: 429,
    Code.TOO_MANY_CONNECTIONS: 429,
    Code.MESSAGE_TOO_LARGE: 413,
    Code.UNAVAILABLE: 503,
}
# Codes for a status that DRF or Django chose; other 4xx are INVALID.
_CODES = {
    401: Code.AUTH_ERROR,
    403: Code.FORBIDDEN,
    404: Code.NOT_FOUND,
    409: Code.CONFLICT,
    413: Code.MESSAGE_TOO_LARGE,
    429: Code.RATE_LIMITED,
}
# Exceptions whose type says everything; the first match counts.
_BY_TYPE: tuple[tuple[tuple[type[Exception], ...], Code, str], ...] = (
    ((Http404, exceptions.NotFound), Code.NOT_FOUND, "Not found"),
    ((PermissionDenied,), Code.FORBIDDEN, "Forbidden"),
    (
        (exceptions.NotAuthenticated, exceptions.AuthenticationFailed),
        Code.AUTH_ERROR,
        "Authentication failed",
    ),
    ((RequestDataTooBig,), Code.MESSAGE_TOO_LARGE, "Request body too large"),
    ((SuspiciousOperation,), Code.INVALID, "Bad request"),
)
CHALLENGE = 'Bearer realm="bellwire"'


class ApiError(exceptions.APIException):
    """An error response. `status` follows from `code` unless given.

    `errors` maps faulty fields to messages; `retry_after` is in seconds.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int | None = None,
        errors: FieldErrors | None = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code)
        self.code = str(code)
        self.message = message
        self.status_code = STATUS[code] if status is None else status
        self.errors = errors
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """Return `{code, message, errors?}`."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.errors:
            body["errors"] = self.errors
        return body


def exception_handler(exc: Exception, _context: Mapping[str, Any]) -> Response | None:
    """DRF's `EXCEPTION_HANDLER`. Returns None for a programming error, which becomes a 500."""
    error = as_api_error(exc)
    if error is None:
        return None
    # DRF's views import the authentication classes, which import this module.
    from rest_framework.views import set_rollback

    set_rollback()
    return Response(error.body(), status=error.status_code, headers=_headers(error))


def as_api_error(exc: Exception) -> ApiError | None:
    """Translate an exception; None for one that is not the client's to know."""
    for types, code, message in _BY_TYPE:
        if isinstance(exc, types):
            return ApiError(code, message)
    match exc:
        case ApiError():
            return exc
        case DjangoValidationError():
            return invalid(field_errors(_detail_of(exc)))
        case exceptions.ValidationError():
            return invalid(field_errors(exc.detail))
        case exceptions.Throttled():
            wait_s = getattr(exc, "wait", None)
            return ApiError(Code.RATE_LIMITED, "Too many requests", retry_after=wait_s or 1)
        case exceptions.APIException() if exc.status_code < 500:
            code = _CODES.get(exc.status_code, Code.INVALID)
            return ApiError(code, str(exc.detail), exc.status_code)
    return None


def invalid(errors: FieldErrors) -> ApiError:
    """Return a 400 that names the faulty fields."""
    return ApiError(Code.INVALID, "Invalid input", errors=errors)


def field_errors(detail: Any, path: str = "") -> FieldErrors:
    """Flatten DRF's nested error detail to `{"a.0.b": ["message", ...]}`."""
    if isinstance(detail, dict):
        items = [(str(key), value) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        # A list serializer reports an entry for every item; those of valid items are empty.
        items = [(str(index), value) for index, value in enumerate(detail) if value]
    else:
        messages = detail if isinstance(detail, list) else [detail]
        return {path or "non_field_errors": [str(message) for message in messages]}
    flattened: FieldErrors = {}
    for key, value in items:
        flattened |= field_errors(value, f"{path}.{key}" if path else key)
    return flattened


def _detail_of(exc: DjangoValidationError) -> Any:
    if not hasattr(exc, "error_dict"):
        return exc.messages
    detail = dict(exc.message_dict)
    if "__all__" in detail:
        detail["non_field_errors"] = detail.pop("__all__")
    return detail


def retry_after_seconds(error: ApiError) -> int:
    """Return whole seconds for the header `Retry-After`, at least 1."""
    return max(1, math.ceil(error.retry_after or 0))


def _headers(error: ApiError) -> dict[str, str]:
    headers = {}
    if error.status_code == 401:
        headers["WWW-Authenticate"] = CHALLENGE
    if error.retry_after is not None:
        headers["Retry-After"] = str(retry_after_seconds(error))
    return headers
