"""What can go wrong once a client has asked. What cannot be meant is a ValueError before.

    BellwireError
    ├── TransportError      no answer: unreachable, cut off, timed out. It may have happened or not
    ├── UnreadableError     an answer of success that is not Bellwire's: some proxy's page
    └── ApiError            any other answer, with its code, message, errors and status
        ├── InvalidError        400  `errors` names the fields, unknown recipients among them
        ├── AuthError           401  the key is wrong or was revoked
        ├── ForbiddenError      403  the key lacks the scope
        ├── NotFoundError       404  also what belongs to another service
        ├── ConflictError       409  the job is finished; the key came with another body before
        ├── TooLargeError       413
        ├── RateLimitedError    429  `retry_after_s` is what the server asked for
        └── ServerError         5xx

Whatever can pass has been tried again by then (bellwire_client/retries.py).
"""

from collections.abc import Mapping, Sequence

FieldErrors = Mapping[str, Sequence[str]]


class BellwireError(Exception):
    """What a call did not achieve.

    `idempotency_key` is what the call was sent under, if it has one: the same call with the same
    key may be made again later (for 24 hours), and still happens once.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.idempotency_key = idempotency_key


class TransportError(BellwireError):
    """No answer came. The library's own error is its `__cause__`."""


class UnreadableError(BellwireError):
    """An answer that says success and means nothing to this client."""


class ApiError(BellwireError):
    """An answer other than success.

    `code` is one of the protocol's (`INVALID`, `NOT_FOUND`, …), or `HTTP_502` where something else
    than Bellwire has answered.
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
    """What was sent is wrong, and would be wrong again."""


class AuthError(ApiError):
    """Nobody known has asked."""


class ForbiddenError(ApiError):
    """The key is good, but not for this."""


class NotFoundError(ApiError):
    """There is no such thing, or it is not this service's."""


class ConflictError(ApiError):
    """It contradicts what was said before."""


class TooLargeError(ApiError):
    """More than the server reads."""


class RateLimitedError(ApiError):
    """Too much, for longer than this client's patience."""


class ServerError(ApiError):
    """The server, or what stands before it, is in trouble."""


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
    """Which of the tree an HTTP status is."""
    return _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
