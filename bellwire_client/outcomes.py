"""The outcome of one attempt: an answer or a failure. Pure: no I/O, no clock."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from bellwire_client.errors import ApiError, FieldErrors, UnreadableError, error_class

T = TypeVar("T")

# 429 asks the client to retry; proxies respond with the others while an instance restarts or
# drains. A 500 is a fault, which the same request would meet again.
TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_transient(self) -> bool:
        """Whether a retry may succeed."""
        return self.status in TRANSIENT_STATUSES

    @property
    def retry_after_s(self) -> float | None:
        """Return the delay in seconds that the server asks for (RFC 9110 §10.2.3)."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        until = _instant(text)
        # Relative to the server's clock, which may differ from ours.
        now = _instant(self.headers.get("date", ""))
        return max(0.0, (until - now).total_seconds()) if until and now else None


@dataclass(frozen=True, slots=True)
class Failure:
    """No response. `is_transient` is false if the request cannot be sent at all."""

    error: Exception
    is_transient: bool
    retry_after_s: None = None


Outcome = Answer | Failure


def read(answer: Answer, of: Callable[[Any], T], *, idempotency_key: str | None) -> T:
    """Parse a successful answer with `of`. Raises `ApiError`, `UnreadableError`."""
    if not 200 <= answer.status < 300:
        raise _api_error(answer, idempotency_key)
    try:
        return of(json.loads(answer.body) if answer.body else None)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableError(
            f"expected an answer of Bellwire's, got {answer.status} with {answer.body[:200]!r}",
            idempotency_key=idempotency_key,
        ) from error


def _api_error(answer: Answer, idempotency_key: str | None) -> ApiError:
    code, message, errors = _error_of(answer)
    return error_class(answer.status)(
        code,
        message,
        status=answer.status,
        errors=errors,
        retry_after_s=answer.retry_after_s,
        idempotency_key=idempotency_key,
    )


def _error_of(answer: Answer) -> tuple[str, str, FieldErrors]:
    """Return `code, message, errors`; values in place of them if a proxy has responded."""
    try:
        body = json.loads(answer.body)
        errors = {
            str(field): [str(m) for m in messages] for field, messages in _errors_in(body).items()
        }
        return str(body["code"]), str(body["message"]), errors
    except (ValueError, TypeError, KeyError, AttributeError):
        shown = answer.body[:200].decode(errors="replace")
        return f"HTTP_{answer.status}", f"Not an answer of Bellwire's: {shown!r}", {}


def _errors_in(body: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = body.get("errors") or {}
    return found


def _instant(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
