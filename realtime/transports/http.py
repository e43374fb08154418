"""Shared by the raw HTTP transports: admission, refusals, and writing the body.

They are ASGI applications beside Django's: a stream costs 11 KB here, while a StreamingHttpResponse
costs a thread or a task chain and writes half as fast.
"""

import asyncio
import math
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson

from realtime.database.executor import in_thread_for
from realtime.database.health import UNAVAILABLE_RETRY_S as RETRY_SOON_S
from realtime.database.health import is_unavailable
from realtime.fanout.admissions import DrainingError
from realtime.protocol.case_negotiation import presentation_of
from realtime.protocol.errors import ErrorCode, RealtimeError
from realtime.protocol.messages import Position, Topic
from realtime.protocol.presentation import AS_LOGGED, Presentation
from realtime.protocol.principal import CredentialError, Principal
from realtime.registries.stream_views import (
    StreamView,
    StreamViewFactory,
    open_stream_view,
    parse_since,
)
from realtime.runtime import Runtime
from realtime.transports.asgi.non_blocking_send import NonBlockingSender, Send

Receive = Callable[[], Any]
# The scope extension by which a stream can abort a client that does not read.
ABORT = "bellwire.abort"
# Retry-After of a stream refused for now: one that ended with a killed instance counts for 5 s
# more.
RETRY_AFTER_S = 5

_STATUS: Mapping[str, int] = {
    ErrorCode.AUTH_ERROR: 401,
    ErrorCode.TOKEN_EXPIRED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.MESSAGE_TOO_LARGE: 413,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.TOO_MANY_CONNECTIONS: 429,
    ErrorCode.UNAVAILABLE: 503,
}


class RefusalError(Exception):
    """An error response before anything was sent."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class AdmittedRequest:
    """A request that was admitted."""

    principal: Principal
    stream_view: StreamView
    query: Mapping[str, list[str]]
    wanted: dict[Topic, Position | None]
    resumed: bool
    presentation: Presentation = AS_LOGGED


@asynccontextmanager
async def admission(runtime: Runtime) -> AsyncIterator[None]:
    """Wrap everything that a request waits for before it is answered.

    Raises `RefusalError` once the instance drains, as a client that reconnects elsewhere at once
    loses nothing, and while the database is away.
    """
    try:
        async with runtime.admissions.request():
            yield
    except DrainingError:
        raise draining() from None
    except Exception as error:
        if not is_unavailable(error):
            raise
        raise unavailable() from None


def unavailable() -> RefusalError:
    """Return the refusal while the database is away."""
    message = "The service is not available for the moment. Try again."
    return RefusalError(503, "UNAVAILABLE", message, retry_after=RETRY_SOON_S)


def draining() -> RefusalError:
    """Return the refusal of a stopping instance; another instance accepts the same request."""
    return RefusalError(503, "DRAINING", "This instance is stopping", retry_after=1)


async def admit(
    runtime: Runtime, scope: Mapping[str, Any]
) -> tuple[Principal, Mapping[str, list[str]]]:
    """Return the principal and the query of a GET. Raises `RefusalError`."""
    if scope["method"] != "GET":
        raise RefusalError(405, "METHOD_NOT_ALLOWED", "Only GET is answered here")
    if runtime.is_draining():
        raise draining()
    query = parse_qs(scope["query_string"].decode("latin-1"))
    try:
        return await runtime.admit(scope), query
    except CredentialError as error:
        raise refusal(error.code, error.message, retry_after=error.retry_after) from None


async def open_request(
    principal: Principal,
    query: Mapping[str, list[str]],
    view_factory: StreamViewFactory,
    scope: Mapping[str, Any],
) -> AdmittedRequest:
    """Open the stream view for a principal with a lease. Raises `RefusalError`."""
    named = scope.get("url_route", {}).get("kwargs", {}).get("id", "")
    text = named or ",".join(query.get("topic", []))
    try:
        presentation = presentation_of(query)
    except ValueError as error:
        raise RefusalError(400, "INVALID", str(error)) from None
    try:
        stream_view = await in_thread_for(
            principal.user_id, open_stream_view, principal, view_factory, text
        )
    except RealtimeError as error:
        raise refusal(error.code, error.message) from None
    since = _last_event_id(scope) or first_value(query, "since")
    wanted: dict[Topic, Position | None] = dict.fromkeys(stream_view.topics)
    if since:
        try:
            wanted = parse_since(since, stream_view.topics)
        except ValueError as error:
            raise RefusalError(400, "INVALID", f"`since`: {error}") from None
    return AdmittedRequest(principal, stream_view, query, wanted, bool(since), presentation)


def refusal(code: str, message: str, *, retry_after: float | None = None) -> RefusalError:
    """Return the refusal for an error code; with `Retry-After` if the error may pass."""
    status = _STATUS.get(code, 400)
    wait = math.ceil(retry_after or RETRY_AFTER_S) if status in (429, 503) else 0
    return RefusalError(status, code, message, retry_after=wait)


async def lease(runtime: Runtime, principal: Principal, query: Mapping[str, list[str]]) -> str:
    """Lease and return a connection id for the user. Raises `RefusalError`."""
    connection_id = uuid.uuid4().hex
    replaces = first_value(query, "connection_id")
    if not await runtime.lease(principal, connection_id, replaces):
        raise refusal(
            ErrorCode.TOO_MANY_CONNECTIONS, "This user has as many connections as are allowed"
        )
    return connection_id


def first_value(query: Mapping[str, list[str]], name: str) -> str:
    """Return the first value of a query parameter, or ""."""
    return query.get(name, [""])[0]


def _last_event_id(scope: Mapping[str, Any]) -> str:
    for name, value in scope["headers"]:
        if name == b"last-event-id":
            text: str = value.decode("latin-1")
            return text.strip()
    return ""


async def answer_json(
    send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> None:
    """Send a complete JSON response."""
    lines = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *((name.lower().encode(), value.encode()) for name, value in (headers or {}).items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def refuse(send: Send, error: RefusalError) -> None:
    """Send `{code, message}` with its status."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = orjson.dumps({"code": error.code, "message": error.message})
    await answer_json(send, error.status, body, headers)


class ResponseBodyWriter:
    """Writes a streamed response body. `finished` is set once nothing more will be written.

    `start`, the response's first message, is sent together with the first part of the body; without
    it, the caller has already sent one.
    """

    def __init__(
        self,
        send: Send,
        *,
        on_resume: Callable[[], None],
        abort: Callable[[], None] | None,
        start: Mapping[str, Any] | None = None,
    ) -> None:
        self._send = send
        self._start = start
        self._sender = NonBlockingSender(self._begin if start else send, on_resume)
        self._abort = abort
        self.finished = asyncio.Event()

    def write(self, frame: bytes) -> bool:
        return self._sender.step({"type": "http.response.body", "body": frame, "more_body": True})

    def close(self, code: int, reason: str) -> None:
        self._sender.step({"type": "http.response.body", "body": b"", "more_body": False})
        self.finished.set()

    def close_now(self, code: int, reason: str) -> None:
        """Abort: a client that does not read cannot be sent a reason."""
        self._sender.cancel()
        if self._abort is not None:
            self._abort()
        self.finished.set()

    def ping(self) -> None:
        """Do nothing: HTTP has no ping."""

    async def _begin(self, message: dict[str, Any]) -> None:
        self._sender.send = self._send
        await self._send(self._start)
        await self._send(message)


async def wait_until(event: asyncio.Event, receive: Receive, patience: float | None = None) -> None:
    """Wait for `event`, for a disconnect of the client, or for `patience` seconds."""
    loop = asyncio.get_running_loop()
    waits = [loop.create_task(event.wait()), loop.create_task(disconnected(receive))]
    try:
        await asyncio.wait(waits, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()


async def disconnected(receive: Receive) -> None:
    """Wait until the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
