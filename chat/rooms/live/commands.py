"""Room commands of the JSON protocol: `message`, `typing`, `read` (docs/contract.md §4)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from api.errors import ApiError
from api.limits import MAX_ID_DIGITS
from chat import budgets
from chat.command_input import refuse_unknown_fields, whole_number
from chat.rooms import access, payload, services
from chat.rooms.live import names
from chat.rooms.models import TOPIC_KIND, topic_of
from realtime import (
    ErrorCode,
    Principal,
    RealtimeError,
    publish_ephemeral,
    register_command,
    spending,
)

_CODES = {"NOT_FOUND": ErrorCode.NOT_FOUND, "FORBIDDEN": ErrorCode.FORBIDDEN}


def send_message(principal: Principal, topic_id: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """`message {content, client_id?, reply_to?}`, answered with `{id, offset, client_id}`.

    A resend with the same `client_id` gets the same answer.
    """
    refuse_unknown_fields(data, "content", "client_id", "reply_to")
    content, client_id = data.get("content"), data.get("client_id")
    if not isinstance(content, str):
        raise RealtimeError(ErrorCode.BAD_FRAME, "`content` is not a string")
    if client_id is not None and not isinstance(client_id, str):
        raise RealtimeError(ErrorCode.BAD_FRAME, "`client_id` is not a string")
    reply_to = None if data.get("reply_to") is None else whole_number("reply_to", data)
    with api_errors_as_realtime_errors():
        posted = services.post_message(
            user_id=principal.user_id,
            room_id=room_id_of(topic_id),
            content=content,
            client_id=client_id,
            reply_to=reply_to,
        )
    return payload.posted(posted.message)


def send_typing(principal: Principal, topic_id: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """`typing`: clients show it for 5 s; repeated while the user types."""
    room_id = room_id_of(topic_id)
    with api_errors_as_realtime_errors():
        access.membership(user_id=principal.user_id, room_id=room_id)
    publish_ephemeral(topic_of(room_id), "typing", {"user_id": principal.user_id})
    return {}


def mark_read(principal: Principal, topic_id: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """`read {offset}`, answered with the cursor's `{offset}`."""
    refuse_unknown_fields(data, "offset")
    offset = whole_number("offset", data)
    with api_errors_as_realtime_errors():
        reached = services.mark_read(
            user_id=principal.user_id, room_id=room_id_of(topic_id), offset=offset
        )
    return {"offset": reached}


def register_commands() -> None:
    """Register with `realtime`. Called once, from `AppConfig.ready`."""
    register_command(
        TOPIC_KIND, "message", spending((budgets.MESSAGES_SEND,), send_message), names.COMMAND
    )
    register_command(TOPIC_KIND, "typing", spending((budgets.ROOMS_TYPING,), send_typing))
    register_command(TOPIC_KIND, "read", spending((budgets.ROOMS_READ,), mark_read))


def room_id_of(topic_id: str) -> int:
    """The room id of a topic's id. Raises `RealtimeError` NOT_FOUND."""
    # Only the canonical form: `rooms/07` would be another topic, to which nothing is published.
    if (
        len(topic_id) <= MAX_ID_DIGITS
        and topic_id.isascii()
        and topic_id.isdecimal()
        and str(int(topic_id)) == topic_id
    ):
        return int(topic_id)
    raise RealtimeError(ErrorCode.NOT_FOUND, "Not found")


@contextmanager
def api_errors_as_realtime_errors() -> Iterator[None]:
    """Translate an `ApiError` of a service into a `RealtimeError`."""
    try:
        yield
    except ApiError as error:
        code = _CODES.get(str(error.code), ErrorCode.BAD_FRAME)
        faults = [f"`{field}`: {each[0]}" for field, each in (error.errors or {}).items()]
        raise RealtimeError(code, "; ".join(faults) or error.message) from None
