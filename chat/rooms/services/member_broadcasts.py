"""What members who are not looking at a room are told at once, for their lists of rooms.

Not logged: `GET /rooms` has it all.
"""

from chat.rooms import limits, payload
from chat.rooms.models import Membership, Message, Room
from realtime import Topic, broadcast_ephemeral


def broadcast_to_members(room: Room, message: Message) -> None:
    """Tell all members of a held room, its author too, what a message is now."""
    rows = Membership.objects.filter(room=room).values_list("user_id", flat=True)
    members = list(rows[: limits.LISTENERS + 1])
    if len(members) <= limits.LISTENERS:
        broadcast_ephemeral(map(_own_topic, members), "room.message", payload.message(message))


def broadcast_read(room: Room, user_id: int, offset: int) -> None:
    """Tell a member's other tabs and devices how far they have read."""
    broadcast_ephemeral([_own_topic(user_id)], "room.read", {"room_id": room.pk, "offset": offset})


def _own_topic(user_id: int) -> Topic:
    return Topic(f"users/{user_id}")
