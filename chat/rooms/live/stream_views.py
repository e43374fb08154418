"""Stream views of rooms: the bare messages, or all events in the envelope."""

from typing import Any

import orjson

from chat import budgets
from chat.rooms import services
from chat.rooms.live import names
from chat.rooms.live.commands import api_errors_as_realtime_errors, room_id_of
from chat.rooms.models import TOPIC_KIND
from realtime import (
    ErrorCode,
    Presentation,
    Principal,
    Publication,
    RealtimeError,
    StreamView,
    Topic,
    envelope,
    register_destination,
    register_sender,
    rendered,
    spending,
)

# Events about a message. An edited or deleted one is sent again with the same id.
_MESSAGE_EVENTS = frozenset({"message", "message.edited", "message.deleted"})


def bare(publication: Publication, presentation: Presentation) -> bytes | None:
    """The message of docs/contract.md §7, new or changed; None for other events."""
    if publication.type not in _MESSAGE_EVENTS or publication.data is None:
        return None
    return rendered(publication.topic, publication.type, publication.data, presentation)


def messages(principal: Principal, text: str) -> StreamView:
    """Bare messages of the room with this id.

    A replay shows an edited message once: in the log, `message` and `message.edited` both hold its
    current state.
    """
    return StreamView((Topic(f"{TOPIC_KIND}/{text}"),), bare, distinct=True)


def events(principal: Principal, text: str) -> StreamView:
    """Every event of the room, in the envelope."""
    return StreamView((Topic(f"{TOPIC_KIND}/{text}"),), envelope, states=True)


def send_message(
    principal: Principal, text: str, body: bytes, content_type: str, presentation: Presentation
) -> None:
    """SEND: JSON `{content, client_id?}`, or plain text. Raises `RealtimeError`."""
    try:
        command = _parse_body(body, content_type, presentation)
        with api_errors_as_realtime_errors():
            services.post_message(
                user_id=principal.user_id,
                room_id=room_id_of(text),
                content=command["content"],
                client_id=command.get("client_id"),
            )
    except RealtimeError as error:
        camel = presentation.case == "camel"
        raise (error.renamed(names.COMMAND.camel_text) if camel else error) from None


def _parse_body(body: bytes, content_type: str, presentation: Presentation) -> dict[str, Any]:
    """Parse JSON if the content type says so, or if an untyped body looks like an object.

    Any other body is the content as plain text.
    """
    if "json" in content_type or (not content_type and body.lstrip().startswith(b"{")):
        try:
            command = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise RealtimeError(ErrorCode.BAD_FRAME, "The body is not JSON") from None
        if isinstance(command, dict) and presentation.case == "camel":
            try:
                command = names.COMMAND.snake(command)
            except ValueError as error:
                raise RealtimeError(ErrorCode.BAD_FRAME, str(error)) from None
        if not isinstance(command, dict) or not isinstance(command.get("content"), str):
            raise RealtimeError(ErrorCode.BAD_FRAME, "`content` is not a string")
        client_id = command.get("client_id")
        if client_id is not None and not isinstance(client_id, str):
            raise RealtimeError(ErrorCode.BAD_FRAME, "`client_id` is not a string")
        return command
    try:
        return {"content": body.decode()}
    except UnicodeDecodeError:
        raise RealtimeError(ErrorCode.BAD_FRAME, "The body is not UTF-8") from None


def register_destinations() -> None:
    """Register with `realtime`. Called once, from `AppConfig.ready`."""
    sender = spending((budgets.MESSAGES_SEND,), send_message)
    register_sender("/publish/chat-rooms/{id}/messages", sender)
    register_sender("/app/chat-rooms/{id}/messages", sender)
    register_destination("/topic/chat-rooms/{id}/messages", messages)
    register_destination("/topic/chat-room/{id}", messages)
    register_destination("/topic/rooms/{id}", events)
