"""Authentication, parsing and errors shared by the raw ASGI endpoints."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from accounts.api.throttling import refused
from api.errors import ApiError, Code, invalid
from api.inputs import unknown_fields
from api.media.parsers import parse_object
from chat.assistant import selectors
from realtime import (
    Budget,
    CredentialError,
    Principal,
    RealtimeError,
    Receive,
    RefusalError,
    Runtime,
    Send,
    answer_json,
    budgets,
    in_thread_for,
    is_unavailable,
    unavailable,
)

# `Any`, because URL routers are typed for views.
ASGI = Any
_Serve = Callable[[Any, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Question:
    """A body of `{message, conversation_id?}`."""

    message: str
    conversation_id: int | None


class GoneError(Exception):
    """The client disconnected before its request was complete."""


def endpoint(method: str, serve: _Serve) -> ASGI:
    """An ASGI application for one HTTP method, with the error responses of REST."""

    async def application(scope: Any, receive: Receive, send: Send) -> None:
        started = False

        async def tracked_send(message: Any) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            _require_method(scope["method"], method)
            await serve(scope, receive, tracked_send)
        except GoneError:
            return
        except RefusalError as error:
            retry_after = error.retry_after or None
            refused = ApiError(error.code, error.message, error.status, retry_after=retry_after)
            await _send_error(send, refused)
        except ApiError as error:
            if started:
                raise
            await _send_error(send, error)
        except Exception as error:
            if started or not is_unavailable(error):
                raise
            away = unavailable()
            await _send_error(
                send, ApiError(away.code, away.message, away.status, retry_after=away.retry_after)
            )

    return application


def _require_method(method: str, wanted: str) -> None:
    if method != wanted:
        raise ApiError("METHOD_NOT_ALLOWED", f"Only {wanted} is answered here", 405)


async def admit(runtime: Runtime, scope: Mapping[str, Any], *, changes: bool) -> Principal:
    """Authenticate the request. Raises `ApiError`."""
    if runtime.is_draining():
        raise ApiError("DRAINING", "This instance is stopping", 503, retry_after=1)
    try:
        return await runtime.admit(scope, changes=changes)
    except CredentialError as error:
        raise ApiError(error.code, error.message, retry_after=error.retry_after) from None


async def spend(principal: Principal, wanted: Sequence[Budget]) -> None:
    """Draw from the caller's budgets. Raises `ApiError` RATE_LIMITED."""
    try:
        await in_thread_for(
            principal.user_id, budgets.draw, budgets.of_user(principal.user_id), wanted
        )
    except RealtimeError as error:
        raise refused(error) from None


async def read_question(scope: Mapping[str, Any], receive: Receive) -> Question:
    """Read and parse the body. Raises `ApiError`, `GoneError`."""
    kind = header(scope, b"content-type").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(Code.INVALID, f"Unsupported media type {kind[:80]!r} in request", 415)
    data = parse_object(await _body(receive))
    if unknown := unknown_fields(data, ("message", "conversation_id")):
        raise invalid(unknown)
    message, named = data.get("message"), data.get("conversation_id")
    if not isinstance(message, str):
        raise invalid({"message": ["Expected a string."]})
    if named is not None and not isinstance(named, str):
        raise invalid({"conversation_id": ["Expected a string."]})
    return Question(message, None if named is None else selectors.parse_id(named))


def header(scope: Mapping[str, Any], name: bytes) -> str:
    """A header's value, or ""."""
    found = next((value for key, value in scope["headers"] if key == name), b"")
    text: str = found.decode("latin-1")
    return text


async def _body(receive: Receive) -> bytes:
    """The whole body, whose size the middleware limits (config/middleware/request_bodies.py)."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise GoneError
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _send_error(send: Send, error: ApiError) -> None:
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.errors:
        body["errors"] = error.errors
    headers = {}
    if error.status_code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    await answer_json(send, error.status_code, orjson.dumps(body), headers)
