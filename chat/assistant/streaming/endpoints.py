"""`POST /api/v1/chat/message`, `POST /api/v1/chat/stream`, `GET …/messages/{id}/stream`.

Raw ASGI, like the other streams: an answer takes up to a minute, and must not occupy a thread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson

from api.errors import ApiError, invalid
from chat import budgets
from chat.assistant import events, payload, selectors
from chat.assistant.answers import questions
from chat.assistant.answers.supervisor import supervisor
from chat.assistant.models import Status, Turn, topic_of
from chat.assistant.streaming.answer_stream import AnswerStream
from chat.assistant.streaming.requests import (
    ASGI,
    admit,
    endpoint,
    header,
    read_question,
    spend,
)
from realtime import (
    ABORT,
    SSE_HEADERS,
    Close,
    Principal,
    Receive,
    ResponseBodyWriter,
    Runtime,
    Send,
    Topic,
    answer_json,
    disconnected,
    first_value,
    in_thread_for,
    lease,
    wait_until,
)


def whole(runtime: Runtime) -> ASGI:
    """Ask, and wait for the answer: `{conversation_id, message}`.

    If the client disconnects, the answer is still written to its end.
    """

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        principal = await admit(runtime, scope, changes=True)
        await spend(principal, budgets.QUESTION)
        question = await read_question(scope, receive)
        asked = await in_thread_for(
            principal.user_id,
            questions.ask,
            user_id=principal.user_id,
            message=question.message,
            conversation_id=question.conversation_id,
        )
        ended = asyncio.create_task(supervisor.wait_ended(asked.answer_id))
        gone = asyncio.create_task(disconnected(receive))
        try:
            await asyncio.wait([ended, gone], return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                row = await in_thread_for(
                    principal.user_id, _get_answer, principal.user_id, asked.answer_id
                )
                await answer_json(send, 200, orjson.dumps(payload.answered(row)))
        finally:
            ended.cancel()
            gone.cancel()

    return endpoint("POST", serve)


def stream(runtime: Runtime) -> ASGI:
    """Ask, and stream the answer."""

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        principal = await admit(runtime, scope, changes=True)
        await spend(principal, budgets.QUESTION)
        question = await read_question(scope, receive)
        async with _leased_connection(runtime, principal, scope) as connection_id:
            asked = await in_thread_for(
                principal.user_id,
                questions.ask,
                user_id=principal.user_id,
                message=question.message,
                conversation_id=question.conversation_id,
            )
            response = _StreamResponse(runtime, principal, connection_id)
            await response.send_stream(
                scope, receive, send, asked.answer_id, asked.topic, events.NOTHING_SEEN
            )

    return endpoint("POST", serve)


def resume(runtime: Runtime) -> ASGI:
    """Stream an answer from after `Last-Event-ID`, or from its beginning."""

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        principal = await admit(runtime, scope, changes=False)
        answer_id = selectors.parse_id(scope["url_route"]["kwargs"]["id"])
        seen = _last_event_id(scope)
        row = await in_thread_for(principal.user_id, _get_answer, principal.user_id, answer_id)
        ended = row.status != Status.STREAMING
        if ended and seen >= events.last_id(row.chars, ended=True):
            # Everything was received: a 204 makes an EventSource stop reconnecting.
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        async with _leased_connection(runtime, principal, scope) as connection_id:
            response = _StreamResponse(runtime, principal, connection_id)
            topic = topic_of(row.conversation_id)
            await response.send_stream(scope, receive, send, answer_id, topic, seen)

    return endpoint("GET", serve)


@asynccontextmanager
async def _leased_connection(
    runtime: Runtime, principal: Principal, scope: Any
) -> AsyncIterator[str]:
    """Count a connection toward the user's limit. Raises `RefusalError`."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    connection_id = await lease(runtime, principal, query)
    try:
        yield connection_id
    finally:
        await runtime.leases.release(principal.user_id, connection_id)


@dataclass(frozen=True, slots=True)
class _StreamResponse:
    runtime: Runtime
    principal: Principal
    connection_id: str

    async def send_stream(
        self, scope: Any, receive: Receive, send: Send, answer_id: int, topic: Topic, seen: int
    ) -> None:
        """Send the stream until the answer has ended or the client has disconnected."""
        answer_stream: AnswerStream | None = None

        def on_resume() -> None:
            if answer_stream is not None:
                answer_stream.outbox.resume()

        await send({"type": "http.response.start", "status": 200, "headers": SSE_HEADERS})
        abort: Callable[[], None] | None = scope.get("extensions", {}).get(ABORT)
        writer = ResponseBodyWriter(send, on_resume=on_resume, abort=abort)
        answer_stream = AnswerStream(
            principal=self.principal,
            connection_id=self.connection_id,
            hub=self.runtime.hub,
            writer=writer,
            answer_id=answer_id,
            topic=topic,
            seen=seen,
        )
        try:
            if self.runtime.is_draining():
                answer_stream.close(Close.DRAINING)
            try:
                await answer_stream.open()
            except ApiError:
                answer_stream.close(Close.NOT_FOUND)  # deleted since the question was asked
            await wait_until(writer.finished, receive)
        finally:
            answer_stream.ended()


def _last_event_id(scope: Any) -> int:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    text = header(scope, b"last-event-id").strip() or first_value(query, "since")
    if not text:
        return events.NOTHING_SEEN
    try:
        return events.parse_id(text)
    except ValueError as error:
        raise invalid({"Last-Event-ID": [f"{error}"]}) from None


def _get_answer(user_id: int, answer_id: int) -> Turn:
    return selectors.answer(user_id=user_id, message_id=answer_id)
