"""Ephemeral events on members' own topics, which keep their room lists current.

Not logged: `GET /rooms` returns the same state.
"""

from accounts.topics import user_topic
from chat.rooms import limits, payload
from chat.rooms.models import Membership, Message, Room
from realtime import broadcast_ephemeral


def broadcast_to_members(room: Room, message: Message) -> None:
    """Broadcast a message's current state to all members, the author included. The lock is held."""
    rows = Membership.objects.filter(room=room).values_list("user_id", flat=True)
    members = list(rows[: limits.LISTENERS + 1])
    if len(members) <= limits.LISTENERS:
        broadcast_ephemeral(map(user_topic, members), "room.message", payload.message(message))


def broadcast_read(room: Room, user_id: int, offset: int) -> None:
    """Broadcast a member's read cursor to their own tabs and devices."""
    broadcast_ephemeral([user_topic(user_id)], "room.read", {"room_id": room.pk, "offset": offset})
