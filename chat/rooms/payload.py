"""The JSON shapes of rooms, members and messages (docs/contract.md §7), built nowhere else."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from api.media.renderers import iso_utc
from chat.rooms import timer as timers
from chat.rooms.models import Kind, Membership, Message, Room
from chat.rooms.selectors import RoomView
from realtime import database_now

Payload = dict[str, Any]


def message(row: Message) -> Payload:
    """`{id, room_id, user_id, …}`; also the data of the event `message`.

    If the author's account is deleted, `user_id` is null and `username` empty.
    """
    return {
        "id": row.pk,
        "room_id": row.room_id,
        "user_id": row.user_id,
        "username": row.user.username if row.user else "",
        "content": row.content,
        "client_id": row.client_id,
        "reply_to": row.reply_to_id,
        "mentions": row.mentions,
        "offset": row.offset,
        "created_at": iso_utc(row.created_at),
        "edited_at": iso_utc(row.edited_at) if row.edited_at else None,
        "deleted_at": iso_utc(row.deleted_at) if row.deleted_at else None,
    }


def posted(row: Message) -> Payload:
    """The answer to a socket's `message` command, and to every resend."""
    return {"id": row.pk, "offset": row.offset, "client_id": row.client_id}


def member(row: Membership) -> Payload:
    """`{user_id, username, role}`; also the data of the event `member.joined`."""
    return {"user_id": row.user_id, "username": row.user.username, "role": row.role}


def room(view: RoomView) -> Payload:
    """`{id, name, kind, …}`, as one user sees it."""
    last = view.last_message
    return {
        "id": view.room.pk,
        "name": view.name,
        "kind": view.room.kind,
        "open": view.room.open,
        "settings": view.room.settings,
        "role": view.role,
        "members_count": view.members_count,
        "unread_count": view.unread_count,
        "last_message": message(last) if last else None,
        "head": view.head,
        "created_at": iso_utc(view.room.created_at),
    }


def timer(of: Room, now: datetime) -> Payload | None:
    """`{phase, status, …}` as it is `now`; None unless it is a focus room."""
    if of.kind != Kind.FOCUS:
        return None
    settings = of.settings
    return timers.read(of.timer_json).at(now, settings).shape(now, settings)


def snapshot(of: Room, members: Iterable[Membership], online: Iterable[int]) -> bytes:
    """JSON text of `{settings, timer, members, online, read}`.

    `read` is `{user id: offset}` of members with a read receipt; `online` are the ids of members
    who have the room open.
    """
    rows = list(members)
    here = set(online)
    return orjson.dumps(
        {
            "settings": of.settings,
            "timer": timer(of, database_now()),
            "members": [member(row) for row in rows],
            "online": [row.user_id for row in rows if row.user_id in here],
            "read": {str(row.user_id): row.read_offset for row in rows if row.read_offset},
        }
    )
