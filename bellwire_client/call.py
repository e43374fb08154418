"""A request and the meaning of its response. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from bellwire_client import outcomes
from bellwire_client.errors import TransportError
from bellwire_client.outcomes import Answer, Failure

T = TypeVar("T")
# Fields in the case that results.py reads, whatever the deployment's default.
ACCEPT = "application/json; case=snake"


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, the same at every attempt, and the parser of its response.

    A `hurried` call is not worth a long wait: a later call supersedes it.
    """

    method: str
    path: str
    of: Callable[[Any], T]
    body: bytes | None = None
    idempotency_key: str | None = None
    hurried: bool = False

    def headers(self) -> dict[str, str]:
        headers = {"Accept": ACCEPT}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        if self.idempotency_key is not None:
            headers["Idempotency-Key"] = self.idempotency_key
        return headers

    def result(self, outcome: Answer | Failure) -> T:
        """Return the result of an outcome. Raises `BellwireError`."""
        if isinstance(outcome, Answer):
            return outcomes.read(outcome, self.of, idempotency_key=self.idempotency_key)
        why = str(outcome.error) or type(outcome.error).__name__
        raise TransportError(
            f"{self.method} {self.path} was not answered: {why}",
            idempotency_key=self.idempotency_key,
        ) from outcome.error


def encode(body: Mapping[str, Any]) -> bytes:
    """Encode a body as JSON, without fields that are None."""
    given = {name: value for name, value in body.items() if value is not None}
    text = json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def segment(value: object) -> str:
    """Escape one segment of a path, so that an id cannot lead to another path."""
    text = quote(str(value), safe="")
    if text in ("", ".", ".."):
        raise ValueError(f"expected an id, got {text!r}")
    return text
