"""One request and what its answer means. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from bellwire_client import answers
from bellwire_client.answers import Answer, Failure
from bellwire_client.errors import TransportError

T = TypeVar("T")
# Fields as results.py reads them, whatever case the deployment speaks by default.
ACCEPT = "application/json; case=snake"


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, the same at every try, and what its answer means.

    A hurried one is not worth a long wait: a later call says more.
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
        """Raises `BellwireError`."""
        if isinstance(outcome, Answer):
            return answers.read(outcome, self.of, idempotency_key=self.idempotency_key)
        why = str(outcome.error) or type(outcome.error).__name__
        raise TransportError(
            f"{self.method} {self.path} was not answered: {why}",
            idempotency_key=self.idempotency_key,
        ) from outcome.error


def encode(body: Mapping[str, Any]) -> bytes:
    """A body: JSON without what is None."""
    said = {name: value for name, value in body.items() if value is not None}
    text = json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def segment(value: object) -> str:
    """One part of a path, whatever is in it: an id that came from outside leads nowhere else."""
    text = quote(str(value), safe="")
    if text in ("", ".", ".."):
        raise ValueError(f"expected an id, got {text!r}")
    return text
