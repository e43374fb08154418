"""What became of one try: an answer, or none. Pure: no I/O, no clock."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from bellwire_client.errors import ApiError, FieldErrors, UnreadableError, error_class

T = TypeVar("T")

# 429 asks to come back; the others are what a proxy says while an instance restarts, or a server
# that is draining. 500 is a fault, and the same request would meet it again.
PASSING = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def passes(self) -> bool:
        """Whether the same request may do better later."""
        return self.status in PASSING

    @property
    def retry_after_s(self) -> float | None:
        """How long the server asks to stay away, in seconds (RFC 9110 §10.2.3)."""
        said = self.headers.get("retry-after", "").strip()
        if said.isascii() and said.isdigit():
            return float(said)
        until = _instant(said)
        # By the server's clock, which need not be ours.
        now = _instant(self.headers.get("date", ""))
        return max(0.0, (until - now).total_seconds()) if until and now else None


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer. `passes` is false where the request could never have been sent."""

    error: Exception
    passes: bool
    retry_after_s: None = None


Outcome = Answer | Failure


def read(answer: Answer, of: Callable[[Any], T], *, idempotency_key: str | None) -> T:
    """What a success says, by `of`. Raises `ApiError`, `UnreadableError`."""
    if not 200 <= answer.status < 300:
        raise _refusal(answer, idempotency_key)
    try:
        return of(json.loads(answer.body) if answer.body else None)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableError(
            f"expected an answer of Bellwire's, got {answer.status} with {answer.body[:200]!r}",
            idempotency_key=idempotency_key,
        ) from error


def _refusal(answer: Answer, idempotency_key: str | None) -> ApiError:
    code, message, errors = _said(answer)
    return error_class(answer.status)(
        code,
        message,
        status=answer.status,
        errors=errors,
        retry_after_s=answer.retry_after_s,
        idempotency_key=idempotency_key,
    )


def _said(answer: Answer) -> tuple[str, str, FieldErrors]:
    """`{code, message, errors?}`, or something of that shape for what a proxy said."""
    try:
        body = json.loads(answer.body)
        errors = {str(field): [str(m) for m in all_] for field, all_ in _errors_in(body).items()}
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
