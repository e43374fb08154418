"""Responses of the middleware itself, in the shape of all REST errors."""

from dataclasses import dataclass

import orjson
from asgiref.typing import ASGISendCallable

# Seconds after which a refused client may retry; busy slots and budgets clear within some seconds.
RETRY_AFTER_S = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """A response in place of the application's. `retry_after_s` only where waiting helps."""

    status: int
    code: str
    message: str
    retry_after_s: int = 0
    # Where the rest of a body is not read, the connection cannot be reused.
    close: bool = True


async def refuse(send: ASGISendCallable, refusal: Refusal) -> None:
    """Send the refusal as a response."""
    body = orjson.dumps({"code": refusal.code, "message": refusal.message})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if refusal.retry_after_s:
        headers.append((b"retry-after", str(refusal.retry_after_s).encode()))
    if refusal.close:
        headers.append((b"connection", b"close"))
    await send(
        {
            "type": "http.response.start",
            "status": refusal.status,
            "headers": headers,
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
