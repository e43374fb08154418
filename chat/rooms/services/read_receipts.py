"""Read receipts: one cursor for each member. Event: `read`."""

from chat.rooms import notices
from chat.rooms.services import room_events
from chat.rooms.services.member_broadcasts import broadcast_read
from realtime import publish, unit_of_work


def mark_read(*, user_id: int, room_id: int, offset: int) -> int:
    """Move the user's read cursor to `offset` of the room's topic; return the cursor.

    The cursor never moves back, nor beyond the topic's head. Notifications of messages up to it are
    marked read too. Raises `ApiError` as `access.membership` does.
    """
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        reached = min(offset, room_events.topic_head(mine.room))
        if reached > mine.read_offset:
            mine.read_offset = reached
            mine.save(update_fields=["read_offset"])
            publish(mine.room.topic, "read", {"user_id": user_id, "offset": reached})
            broadcast_read(mine.room, user_id, reached)
        # Even if the cursor did not move: an edit may mention them in a message already read.
        notices.mark_notices_read(mine.room, user_id, reached)
        return mine.read_offset
