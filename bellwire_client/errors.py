"""Errors of a call. Invalid arguments raise ValueError or TypeError before it is sent.

    BellwireError
    ├── TransportError      no response: unreachable, cut off, timed out; possibly executed
    ├── UnreadableError     a successful response that is not Bellwire's, such as a proxy's page
    └── ApiError            any other response, with its code, message, errors and status
        ├── InvalidError        400  `errors` names the fields, unknown recipients among them
        ├── AuthError           401  the key is wrong or was revoked
        ├── ForbiddenError      403  the key lacks the scope
        ├── NotFoundError       404  also for objects of another service
        ├── ConflictError       409  the job is finished; the key was used with another body
        ├── TooLargeError       413
        ├── RateLimitedError    429  `retry_after_s` is the delay that the server asks for
        └── ServerError         5xx

Failures that may pass have been retried before (bellwire_client/retries.py).
"""

from collections.abc import Mapping, Sequence

FieldErrors = Mapping[str, Sequence[str]]


class BellwireError(Exception):
    """A call failed.

    `idempotency_key` is the key of the call, if it has one: the same call with the same key may be
    repeated within 24 hours, and takes effect once.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.idempotency_key = idempotency_key


class TransportError(BellwireError):
    """No response came. The HTTP library's exception is its `__cause__`."""


class UnreadableError(BellwireError):
    """A successful response that this client cannot parse."""


class ApiError(BellwireError):
    """An error response.

    `code` is one of the protocol's (`INVALID`, `NOT_FOUND`, …), or `HTTP_502` and the like if a
    proxy has responded in place of Bellwire.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int,
        errors: FieldErrors | None = None,
        retry_after_s: float | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(message, idempotency_key=idempotency_key)
        self.code = code
        self.status = status
        self.errors: FieldErrors = errors or {}
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        named = "".join(
            f"; {field}: {' '.join(messages)}" for field, messages in self.errors.items()
        )
        return f"{self.status} {self.code}: {self.message}{named}"


class InvalidError(ApiError):
    """The request is invalid; a retry would fail as well."""


class AuthError(ApiError):
    """The key is unknown or revoked."""


class ForbiddenError(ApiError):
    """The key is valid, but lacks the scope."""


class NotFoundError(ApiError):
    """The object does not exist, or belongs to another service."""


class ConflictError(ApiError):
    """The request conflicts with an earlier one."""


class TooLargeError(ApiError):
    """The body is larger than the server accepts."""


class RateLimitedError(ApiError):
    """Too many requests, for longer than the client's retries last."""


class ServerError(ApiError):
    """The server, or a proxy before it, failed."""


# Of the items of a list, which have codes and no statuses of their own.
STATUS_OF_CODE: Mapping[str, int] = {"INVALID": 400, "CONFLICT": 409}
_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: InvalidError,
    401: AuthError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: TooLargeError,
    429: RateLimitedError,
}


def error_class(status: int) -> type[ApiError]:
    """Return the exception class of an HTTP status."""
    return _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
