"""Saying something. Event: `message`, the stored message itself."""

from dataclasses import dataclass

from django.utils import timezone

from api.errors import invalid
from chat.rooms import limits, payload
from chat.rooms.models import Membership, Message
from chat.rooms.services import writing
from realtime.publishing import publish, unit_of_work


@dataclass(frozen=True, slots=True)
class Posted:
    """A stored message, and whether this call has stored it."""

    message: Message
    created: bool


def post_message(
    *,
    user_id: int,
    room_id: int,
    content: str,
    client_id: str | None = None,
    reply_to: int | None = None,
) -> Posted:
    """Store a message and publish it; with the `client_id` of an earlier one, return that one.

    Raises `ApiError`: as `access.membership` does; INVALID for a content that is not 1 to 4,000
    characters which can be stored, and for a reply to what was not said in this room.
    """
    _refuse_bad_text("content", content, limits.CONTENT_CHARS)
    if client_id is not None:
        _refuse_bad_text("client_id", client_id, limits.CLIENT_ID_CHARS)
    with unit_of_work():
        mine = writing.hold_as_member(user_id=user_id, room_id=room_id)
        if client_id is not None:
            first = Message.objects.filter(room=room_id, user=user_id, client_id=client_id).first()
            if first is not None:
                first.user = mine.user
                return Posted(first, created=False)
        if reply_to is not None:
            _refuse_stray_reply(mine, reply_to)
        message = Message.objects.create(
            room=mine.room,
            user=mine.user,
            content=content,
            client_id=client_id,
            reply_to_id=reply_to,
            offset=writing.head(mine.room) + 1,
            created_at=timezone.now(),
        )
        publish(mine.room.topic, "message", payload.message(message))
    return Posted(message, created=True)


def _refuse_bad_text(field: str, text: str, most: int) -> None:
    if not 0 < len(text) <= most:
        raise invalid({field: [f"Expected 1 to {most} characters, got {len(text)}."]})
    if "\0" in text:
        raise invalid({field: ["Text must not contain NUL characters."]})
    # Half of a surrogate pair: no encoding and no database takes it.
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise invalid({field: ["Text must not contain lone surrogates."]})


def _refuse_stray_reply(mine: Membership, reply_to: int) -> None:
    if not Message.objects.filter(pk=reply_to, room=mine.room_id).exists():
        raise invalid({"reply_to": [f"No such message in this room: {reply_to}"]})
