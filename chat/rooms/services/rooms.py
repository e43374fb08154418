"""Creates, updates and deletes rooms. Events: `room`, `settings`, `timer`, `room.deleted`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils import timezone

from accounts.models import User
from api.errors import ApiError, Code, invalid
from chat.people import selectors as people
from chat.rooms import limits, notices, payload, preferences
from chat.rooms.models import Ban, Kind, Membership, Message, Role, Room
from chat.rooms.services import room_events, timer
from chat.rooms.services.membership import may_moderate
from realtime import database_now, publish, unit_of_work


@dataclass(frozen=True, slots=True)
class Direct:
    """A direct room, and whether this call created it."""

    room: Room
    created: bool


def create_room(
    *,
    user_id: int,
    name: str,
    kind: Kind,
    is_open: bool = False,
    settings: Mapping[str, Any] | None = None,
) -> Room:
    """Create a group or focus room owned by the user. Raises `ApiError` INVALID (settings)."""
    if kind is Kind.DIRECT:
        raise ValueError("expected a group or focus room, got direct: use get_or_create_direct")
    now = timezone.now()
    with unit_of_work():
        room = Room.objects.create(
            name=name,
            kind=str(kind),
            open=is_open,
            settings_json=_merge_settings({}, settings or {}),
            created_at=now,
            created_by_id=user_id,
        )
        Membership.objects.create(room=room, user_id=user_id, role=str(Role.OWNER), joined_at=now)
        room_events.publish_to_user(user_id, "room.added", room)
    return room


def get_or_create_direct(*, user_id: int, other_id: int) -> Direct:
    """Return the only direct room of two users, creating it if needed.

    An existing room is returned even if one of them blocks the other. Otherwise raises `ApiError`:
    INVALID if the other user does not exist, is the user, or blocks the user; CONFLICT if the user
    blocks them.
    """
    if other_id == user_id:
        raise invalid({"user_id": ["Expected another user, got yourself."]})
    pair = "{}:{}".format(*sorted((user_id, other_id)))
    room = Room.objects.filter(direct_pair=pair).first()
    if room is not None:
        return Direct(room, created=False)
    exists = User.objects.filter(pk=other_id, is_active=True).exists()
    if not exists or people.blocks(user_id=other_id, other_id=user_id):
        raise invalid({"user_id": [f"No such user: {other_id}"]})
    if people.blocks(user_id=user_id, other_id=other_id):
        raise ApiError(Code.CONFLICT, "You have blocked this user")
    now = timezone.now()
    with unit_of_work():
        # If both ask at once, the unique pair makes the second call find the first one's room.
        room, created = Room.objects.get_or_create(
            direct_pair=pair,
            defaults={"kind": str(Kind.DIRECT), "created_at": now, "created_by_id": user_id},
        )
        if created:
            Membership.objects.bulk_create(
                Membership(room=room, user_id=each, joined_at=now) for each in (user_id, other_id)
            )
            for each in (user_id, other_id):
                room_events.publish_to_user(each, "room.added", room)
    return Direct(room, created)


def update_room(
    *,
    user_id: int,
    room_id: int,
    name: str | None = None,
    is_open: bool | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Room:
    """Update the given fields, as the owner or a moderator; `settings` are merged.

    Raises `ApiError`: as `access.membership` does; FORBIDDEN for other members; CONFLICT for a
    direct room; INVALID for invalid settings.
    """
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        room = mine.room
        if room.kind == Kind.DIRECT:
            raise ApiError(Code.CONFLICT, "A direct room has no name or settings to change")
        if not may_moderate(mine.role):
            raise ApiError(Code.FORBIDDEN, "Only the owner and moderators can change this room")
        before = room.name, room.open
        room.name = before[0] if name is None else name
        room.open = before[1] if is_open is None else is_open
        if (room.name, room.open) != before:
            room.save(update_fields=["name", "open"])
            publish(room.topic, "room", {"name": room.name, "open": room.open})
        if settings is not None:
            _change_settings(room, settings)
        return room


def delete_room(*, user_id: int, room_id: int) -> None:
    """Delete a room with all its messages, as its owner.

    Raises `ApiError`: as `access.membership` does; FORBIDDEN for other members; CONFLICT for a
    direct room.
    """
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        if mine.room.kind == Kind.DIRECT:
            raise ApiError(Code.CONFLICT, "A direct room can't be deleted")
        if mine.role != Role.OWNER:
            raise ApiError(Code.FORBIDDEN, "Only the owner can delete this room")
        remove_room(mine.room)


def remove_room(room: Room) -> None:
    """Delete a room. The caller holds its lock."""
    members = Membership.objects.filter(room=room).order_by("user_id")
    messages = Message.objects.filter(room=room)
    notices.revoke_notices(list(messages.filter(deleted_at=None).values_list("pk", flat=True)))
    publish(room.topic, "room.deleted", {"room_id": room.pk})
    for user_id in members.values_list("user_id", flat=True):
        room_events.publish_to_user(user_id, "room.removed", room)
    # Raw deletes: the self-referencing `reply_to` would make Django fetch every message first.
    messages.exclude(reply_to=None).update(reply_to=None)
    for rows in (messages, members, Ban.objects.filter(room=room)):
        rows._raw_delete(rows.db)
    room.delete()


def _change_settings(room: Room, new: Mapping[str, Any]) -> None:
    # Phases that have ended by now ended by the old settings.
    ended = timer.settle(room)
    old = room.settings_json
    room.settings_json = _merge_settings(orjson.loads(old), new)
    changed = room.settings_json != old
    if changed:
        room.save(update_fields=["settings_json"])
        publish(room.topic, "settings", room.settings)
    if room.kind == Kind.FOCUS and (changed or ended):
        publish(room.topic, "timer", payload.timer(room, database_now()) or {})


def _merge_settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """`old` updated with `new`, as JSON text. Raises `ApiError` INVALID."""
    if errors := preferences.faults(new):
        raise invalid(errors)
    text = orjson.dumps(preferences.merged(old, new))
    if len(text) > limits.SETTINGS_BYTES:
        most = limits.SETTINGS_BYTES
        raise invalid({"settings": [f"Expected at most {most} bytes of JSON, got {len(text)}."]})
    return text.decode()
