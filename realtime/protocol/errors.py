"""The two catalogues of errors (docs/contract.md §4).

ErrorCode   the command failed, the connection goes on; apps declare codes of their own commands
Close       the connection ends; the code tells a client whether to reconnect

RealtimeError       carries a code to the client that caused it
└── CommandError    the frame could not be parsed as a command
"""

import re
from collections.abc import Callable
from enum import Enum, StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """The `code` of an `error` frame."""

    AUTH_ERROR = "AUTH_ERROR"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    BAD_FRAME = "BAD_FRAME"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    RATE_LIMITED = "RATE_LIMITED"
    TOO_MANY_CONNECTIONS = "TOO_MANY_CONNECTIONS"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    SLOW_CONSUMER = "SLOW_CONSUMER"
    UNAVAILABLE = "UNAVAILABLE"


# In the order of their declaration.
_declared: dict[str, None] = {}


def declare_error_code(code: str) -> str:
    """Declare a code that an app's commands fail with, and return it.

    Generated clients know it then. Declaring it again changes nothing.
    """
    if not re.fullmatch(r"[A-Z][A-Z_]*", code):
        raise ValueError(f"expected an error code such as `OUT_OF_STOCK`, got {code!r}")
    _declared[code] = None
    return code


def error_codes() -> list[str]:
    """Return the engine's codes and those that apps have declared."""
    return [*ErrorCode, *(code for code in _declared if code not in set(ErrorCode))]


class RealtimeError(Exception):
    """A command that failed. The error is sent to its client, and the connection goes on.

    `retry_after`: the command may succeed after this many seconds; None where waiting does not
    help.
    """

    def __init__(self, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def renamed(self, rename: Callable[[str], str]) -> "RealtimeError":
        """Return a copy with the message passed through `rename`."""
        return RealtimeError(self.code, rename(self.message), retry_after=self.retry_after)


class CommandError(RealtimeError):
    """A frame that is not a valid command; `ref` is the client's, where it could be read."""

    def __init__(self, code: str, message: str, ref: Any = None) -> None:
        super().__init__(code, message)
        self.ref = ref


class Close(Enum):
    """Every way in which the server ends a connection.

    `code` and `reason` are those of the close frame (RFC 6455 §7.4); `error`, where there is one,
    is the code of the `error` frame that is sent first, with `message`.
    """

    def __init__(
        self, code: int, reason: str, error: ErrorCode | None = None, message: str = ""
    ) -> None:
        self.code = code
        self.reason = reason
        self.error = error
        self.message = message

    INVALID_TOKEN = 1008, "Invalid token", ErrorCode.AUTH_ERROR, "Authentication failed"
    SIGNED_OUT = 1008, "Signed out", ErrorCode.AUTH_ERROR, "Authentication failed"
    TOKEN_EXPIRED = 1008, "Token expired", ErrorCode.TOKEN_EXPIRED, "The token has expired"
    TOO_MANY_CONNECTIONS = (
        1008,
        "Too many connections",
        ErrorCode.TOO_MANY_CONNECTIONS,
        "This user has as many connections open as are allowed",
    )
    RATE_LIMITED = (
        1008,
        "Rate limited",
        ErrorCode.RATE_LIMITED,
        "Too many frames for too long",
    )
    FORBIDDEN = 1008, "Forbidden", ErrorCode.FORBIDDEN, "This may not be read from here, or by you"
    NOT_FOUND = 1008, "Not found", ErrorCode.NOT_FOUND, "There is nothing here to connect to"
    NO_FIRST_FRAME = 1008, "No first frame"
    MESSAGE_TOO_LARGE = (
        1009,
        "Message too large",
        ErrorCode.MESSAGE_TOO_LARGE,
        "The message is larger than is allowed",
    )
    GOODBYE = 1000, "Goodbye"
    RECYCLED = 1000, "Recycled"
    PROTOCOL_ERROR = 1002, "Protocol error"
    SILENT = 1001, "Silent for too long"
    DRAINING = 1012, "Draining"
    OUT_OF_STEP = 1012, "Resume"
    UNAVAILABLE = (
        1012,
        "Unavailable",
        ErrorCode.UNAVAILABLE,
        "The service is not available for the moment",
    )
    SLOW_CONSUMER = (
        1013,
        "Slow consumer",
        ErrorCode.SLOW_CONSUMER,
        "The connection took too little of what it was sent",
    )


# daphne turns 1008, 1012 and 1013 into 1011 and drops every reason. On daphne these codes move to
# the range that RFC 6455 leaves to applications.
DAPHNE_CODES = {1001: 4001, 1002: 4002, 1008: 4008, 1009: 4009, 1012: 4012, 1013: 4013}
