"""Posts, edits and deletes messages. Events: `message`, `message.edited`, `message.deleted`.

Each event's data is the message's current state: when a message changes, its earlier events in the
log are rewritten too.
"""

from dataclasses import dataclass

import orjson
from django.utils import timezone

from api.errors import ApiError, Code, invalid
from api.limits import MAX_ID
from chat.people import selectors as people
from chat.rooms import limits, mentions, notices, payload
from chat.rooms.models import Kind, Membership, Message, Room
from chat.rooms.services import room_events
from chat.rooms.services.member_broadcasts import broadcast_to_members
from chat.rooms.services.membership import may_moderate
from realtime import event_log, publish, unit_of_work
from text.storable import has_lone_surrogate, has_nul
from text.visible import NOTHING_VISIBLE, is_visible


@dataclass(frozen=True, slots=True)
class Posted:
    """A stored message, and whether this call created it."""

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
    """Store and publish a message; if the user has sent this `client_id` before, return that one.

    Raises `ApiError`: as `access.membership` does; INVALID for content that is not 1 to 4,000
    storable characters or has no visible character, and for a `reply_to` that is not a message of
    this room; FORBIDDEN in a direct room if either member blocks the other.
    """
    _refuse_bad_text("content", content, limits.CONTENT_CHARS)
    _refuse_invisible("content", content)
    if client_id is not None:
        _refuse_bad_text("client_id", client_id, limits.CLIENT_ID_CHARS)
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        if client_id is not None:
            first = Message.objects.filter(room=room_id, user=user_id, client_id=client_id).first()
            if first is not None:
                first.user = mine.user
                return Posted(first, created=False)
        _refuse_blocked(mine)
        if reply_to is not None:
            _refuse_stray_reply(mine, reply_to)
        message = Message.objects.create(
            room=mine.room,
            user=mine.user,
            content=content,
            client_id=client_id,
            reply_to_id=reply_to,
            mentions_json=_mentions_json(content, mine.room),
            offset=room_events.topic_head(mine.room) + 1,
            created_at=timezone.now(),
        )
        publish(mine.room.topic, "message", payload.message(message))
        broadcast_to_members(mine.room, message)
        notices.notify_members(mine.room, message)
    return Posted(message, created=True)


def edit_message(*, user_id: int, room_id: int, message_id: int, content: str) -> Message:
    """Change the content of one of the user's own messages.

    Raises `ApiError`: as `post_message` does; NOT_FOUND for a message that is not in this room;
    FORBIDDEN for another user's message, whatever the caller's role; CONFLICT for a deleted one.
    """
    _refuse_bad_text("content", content, limits.CONTENT_CHARS)
    _refuse_invisible("content", content)
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        message = _get_message(mine, message_id)
        if message.user_id != user_id:
            raise ApiError(Code.FORBIDDEN, "Only its author can edit a message")
        if message.deleted_at is not None:
            raise ApiError(Code.CONFLICT, "This message was deleted")
        if message.content != content:
            before = message.mentions
            message.content = content
            message.mentions_json = _mentions_json(content, mine.room)
            message.edited_at = timezone.now()
            message.save(update_fields=["content", "mentions_json", "edited_at"])
            _redact_logged(message)
            publish(mine.room.topic, "message.edited", payload.message(message))
            notices.update_notices(mine.room, message, before)
            broadcast_to_members(mine.room, message)
        return message


def delete_message(*, user_id: int, room_id: int, message_id: int) -> None:
    """Delete a message's content permanently, as its author, the owner or a moderator.

    Idempotent. Raises `ApiError`: as `access.membership` does; NOT_FOUND for a message that is not
    in this room; FORBIDDEN for anyone else.
    """
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        message = _get_message(mine, message_id)
        if message.user_id != user_id and not may_moderate(mine.role):
            raise ApiError(Code.FORBIDDEN, "Only its author and moderators can delete a message")
        erase_content(message)


def erase_content(message: Message) -> bool:
    """Delete a message's content; False if it was deleted before. The caller holds the lock."""
    if message.deleted_at is not None:
        return False
    message.content, message.mentions_json = "", "[]"
    message.deleted_at = timezone.now()
    message.save(update_fields=["content", "mentions_json", "deleted_at"])
    _redact_logged(message)
    publish(message.room.topic, "message.deleted", payload.message(message))
    notices.revoke_notices([message.pk])
    broadcast_to_members(message.room, message)
    return True


def _redact_logged(message: Message) -> None:
    """Rewrite the message's earlier events in the log to its current state.

    A client that resumes from an old position is replayed the current content, not what was edited
    or deleted since.
    """
    shape = payload.message(message)
    event_log.redact(
        [message.room.topic],
        types=("message", "message.edited"),
        about=("id", message.pk),
        change=lambda data: shape if data["id"] == message.pk else None,
        since=message.offset,
    )


def _mentions_json(content: str, room: Room) -> str:
    return orjson.dumps(mentions.find_mentioned(content, room.pk)).decode()


def _get_message(mine: Membership, message_id: int) -> Message:
    rows = Message.objects.select_related("user").filter(pk=message_id, room=mine.room_id)
    message = rows.first() if message_id <= MAX_ID else None
    if message is None:
        raise ApiError(Code.NOT_FOUND, "No such message in this room")
    message.room = mine.room
    return message


def _refuse_bad_text(field: str, text: str, most: int) -> None:
    if not 0 < len(text) <= most:
        raise invalid({field: [f"Expected 1 to {most} characters, got {len(text)}."]})
    if has_nul(text):
        raise invalid({field: ["Text must not contain NUL characters."]})
    if has_lone_surrogate(text):
        raise invalid({field: ["Text must not contain lone surrogates."]})


def _refuse_invisible(field: str, text: str) -> None:
    if not is_visible(text):
        raise invalid({field: [NOTHING_VISIBLE]})


def _refuse_stray_reply(mine: Membership, reply_to: int) -> None:
    if not Message.objects.filter(pk=reply_to, room=mine.room_id).exists():
        raise invalid({"reply_to": [f"No such message in this room: {reply_to}"]})


def _refuse_blocked(mine: Membership) -> None:
    if mine.room.kind == Kind.DIRECT and people.either_blocks(*mine.room.pair):
        raise ApiError(Code.FORBIDDEN, "You can't message this person.")
