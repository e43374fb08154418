"""Read receipts: one cursor for each member. Event: `read`."""

from chat.rooms import notices
from chat.rooms.services import room_events
from chat.rooms.services.member_broadcasts import broadcast_read
from realtime import publish, unit_of_work


def mark_read(*, user_id: int, room_id: int, offset: int) -> int:
    """The user has read up to `offset` of the room's topic; returns where their cursor stands.

    It never goes back, and never beyond what there is. What they were notified of up to there is
    read as well. Raises `ApiError` as `access.membership`.
    """
    with unit_of_work():
        mine = room_events.hold_as_member(user_id=user_id, room_id=room_id)
        reached = min(offset, room_events.head(mine.room))
        if reached > mine.read_offset:
            mine.read_offset = reached
            mine.save(update_fields=["read_offset"])
            publish(mine.room.topic, "read", {"user_id": user_id, "offset": reached})
            broadcast_read(mine.room, user_id, reached)
        # Also where the cursor stands still: an edit may have named them in what they had read.
        notices.follow_reading(mine.room, user_id, reached)
        return mine.read_offset
