"""What the room doors show: a room's messages, bare; or everything that happens in it."""

from typing import Any

import orjson

from chat import budgets
from chat.rooms import names, services
from chat.rooms.commands import api_errors_as_realtime_errors, room_id_of
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

# What was said, and what has become of it since: it comes again with the same id.
_SAID = frozenset({"message", "message.edited", "message.deleted"})


def bare(publication: Publication, presentation: Presentation) -> bytes | None:
    """The message of CONTRACT §7, new or changed; nothing for other events."""
    if publication.type not in _SAID or publication.data is None:
        return None
    return rendered(publication.topic, publication.type, publication.data, presentation)


def messages(principal: Principal, text: str) -> StreamView:
    """Bare messages of the room with this id.

    A message that was edited before a replay is in it once: the log holds it as it is now, and its
    `message.edited` says the same.
    """
    return StreamView((Topic(f"{TOPIC_KIND}/{text}"),), bare, distinct=True)


def events(principal: Principal, text: str) -> StreamView:
    """Every event of the room, in the envelope."""
    return StreamView((Topic(f"{TOPIC_KIND}/{text}"),), envelope, states=True)


def say(
    principal: Principal, text: str, body: bytes, content_type: str, presentation: Presentation
) -> None:
    """SEND: JSON `{content, client_id?}`, or plain text. Raises `RealtimeError`."""
    try:
        said = _said(body, content_type, presentation)
        with api_errors_as_realtime_errors():
            services.post_message(
                user_id=principal.user_id,
                room_id=room_id_of(text),
                content=said["content"],
                client_id=said.get("client_id"),
            )
    except RealtimeError as error:
        camel = presentation.case == "camel"
        raise (error.renamed(names.COMMAND.camel_text) if camel else error) from None


def _said(body: bytes, content_type: str, presentation: Presentation) -> dict[str, Any]:
    """What is JSON by its type, or looks like an object, is read as one; the rest is the text."""
    if "json" in content_type or (not content_type and body.lstrip().startswith(b"{")):
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise RealtimeError(ErrorCode.BAD_FRAME, "The body is not JSON") from None
        if isinstance(said, dict) and presentation.case == "camel":
            try:
                said = names.COMMAND.snake(said)
            except ValueError as error:
                raise RealtimeError(ErrorCode.BAD_FRAME, str(error)) from None
        if not isinstance(said, dict) or not isinstance(said.get("content"), str):
            raise RealtimeError(ErrorCode.BAD_FRAME, "`content` is not a string")
        client_id = said.get("client_id")
        if client_id is not None and not isinstance(client_id, str):
            raise RealtimeError(ErrorCode.BAD_FRAME, "`client_id` is not a string")
        return said
    try:
        return {"content": body.decode()}
    except UnicodeDecodeError:
        raise RealtimeError(ErrorCode.BAD_FRAME, "The body is not UTF-8") from None


def register_destinations() -> None:
    """Tell the engine. Once, when the apps are ready."""
    sends = spending((budgets.MESSAGES_SEND,), say)
    register_sender("/publish/chat-rooms/{id}/messages", sends)
    register_sender("/app/chat-rooms/{id}/messages", sends)
    register_destination("/topic/chat-rooms/{id}/messages", messages)
    register_destination("/topic/chat-room/{id}", messages)
    register_destination("/topic/rooms/{id}", events)
