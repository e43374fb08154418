"""What members who are not looking at a room are told at once, for their lists of rooms.

Not logged: `GET /rooms` has it all.
"""

from chat.rooms import limits, payload
from chat.rooms.models import Membership, Message, Room
from realtime.messages import Topic
from realtime.publishing import shout


def tell_members(room: Room, message: Message) -> None:
    """Tell all members of a held room, its author too, what a message is now."""
    rows = Membership.objects.filter(room=room).values_list("user_id", flat=True)
    members = list(rows[: limits.LISTENERS + 1])
    if len(members) <= limits.LISTENERS:
        shout(map(_own_topic, members), "room.message", payload.message(message))


def tell_read(room: Room, user_id: int, offset: int) -> None:
    """Tell a member's other tabs and devices how far they have read."""
    shout([_own_topic(user_id)], "room.read", {"room_id": room.pk, "offset": offset})


def _own_topic(user_id: int) -> Topic:
    return Topic(f"users/{user_id}")
