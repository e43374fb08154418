"""Assistant commands of the JSON protocol: `ask`, `stop` (docs/contract.md §4, §8)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from api.errors import ApiError
from chat import budgets
from chat.assistant import selectors
from chat.assistant.answers import cancellation, questions
from chat.assistant.models import topic_of
from chat.command_input import refuse_unknown_fields
from realtime import (
    NO_TOPIC,
    ErrorCode,
    Opened,
    Opener,
    Principal,
    Publication,
    RealtimeError,
    Topic,
    declare_error_code,
    register_command,
    register_opener,
    spending,
)

_CODES = {
    "NOT_FOUND": ErrorCode.NOT_FOUND,
    # The user has asked as much as may be answered at once.
    "BUSY": declare_error_code("BUSY"),
    # The question is longer than the model takes.
    "TOO_LONG": declare_error_code("TOO_LONG"),
    "DRAINING": ErrorCode.UNAVAILABLE,
}


def topic_of_question(data: Mapping[str, Any]) -> Topic | None:
    """The topic of the conversation in an `ask`; None for a new conversation."""
    conversation_id = _conversation(data)
    return None if conversation_id is None else topic_of(conversation_id)


def ask(principal: Principal, data: Mapping[str, Any]) -> Opened:
    """`ask {message, conversation_id?}`, answered with `start`, which carries the `ref`."""
    refuse_unknown_fields(data, "message", "conversation_id")
    message = data.get("message")
    if not isinstance(message, str):
        raise RealtimeError(ErrorCode.BAD_FRAME, "`message` is not a string")
    with api_errors_as_realtime_errors():
        asked = questions.ask(
            user_id=principal.user_id,
            message=message,
            conversation_id=_conversation(data),
        )
    return Opened(asked.topic, _is_start_of(str(asked.answer_id)))


def stop(principal: Principal, topic_id: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """`stop {message_id}`, answered with `{message_id, status}`, even if it had ended before."""
    refuse_unknown_fields(data, "message_id")
    message_id = data.get("message_id")
    if not isinstance(message_id, str):
        raise RealtimeError(ErrorCode.BAD_FRAME, "`message_id` is not a string")
    with api_errors_as_realtime_errors():
        row = cancellation.stop_answer(
            user_id=principal.user_id, message_id=selectors.parse_id(message_id)
        )
    return {"message_id": message_id, "status": row.status}


def register_commands() -> None:
    """Register with `realtime`. Called once, from `AppConfig.ready`."""
    register_opener("ask", Opener(topic_of_question, spending(budgets.QUESTION, ask)))
    register_command(NO_TOPIC, "stop", spending((budgets.ASSISTANT_MANAGE,), stop))


def _is_start_of(message_id: str) -> Callable[[Publication], bool]:
    def matches(publication: Publication) -> bool:
        if publication.type != "start" or publication.data is None:
            return False
        named: str = orjson.loads(publication.data)["message_id"]
        return named == message_id

    return matches


def _conversation(data: Mapping[str, Any]) -> int | None:
    named = data.get("conversation_id")
    if named is None:
        return None
    if not isinstance(named, str):
        raise RealtimeError(ErrorCode.BAD_FRAME, "`conversation_id` is not a string")
    with api_errors_as_realtime_errors():
        return selectors.parse_id(named)


@contextmanager
def api_errors_as_realtime_errors() -> Iterator[None]:
    """Translate an `ApiError` of a service into a `RealtimeError`."""
    try:
        yield
    except ApiError as error:
        code = _CODES.get(str(error.code), ErrorCode.BAD_FRAME)
        faults = [f"`{field}`: {each[0]}" for field, each in (error.errors or {}).items()]
        raise RealtimeError(code, "; ".join(faults) or error.message) from None
