"""The lock on a room, and reads and events that rely on it."""

from accounts.topics import user_topic
from chat.rooms import access
from chat.rooms.models import Membership, Room
from realtime import event_log, publish


def lock_room(room_id: int) -> Room | None:
    """Lock the room until the unit of work ends; None if there is no such room.

    Read the room's other rows only after this, in separate queries: on PostgreSQL, a join with the
    locked row would return them as they were before the wait for the lock. On SQLite, units of work
    are serialized from their beginning.
    """
    return Room.objects.select_for_update().filter(pk=room_id).first()


def lock_room_as_member(*, user_id: int, room_id: int) -> Membership:
    """Lock the room; return the user's membership. Raises `ApiError` like `access.membership`."""
    room = lock_room(room_id)
    if room is None:
        access.refuse(None)
    found = Membership.objects.select_related("user").filter(room=room, user=user_id).first()
    if found is None:
        access.refuse(room)
    found.room = room
    return found


def topic_head(room: Room) -> int:
    """The head offset of the room's topic. The caller holds the room's lock.

    Every append to the topic happens under this lock, which lasts until the commit. So the head
    includes all earlier appends and does not move before this unit of work's own append.
    """
    return event_log.heads([room.topic])[1].get(room.topic, 0)


def publish_to_user(user_id: int, event_type: str, room: Room) -> None:
    """Publish to the user's own topic that they have entered or left a room.

    Their other tabs and devices learn of it from this event.
    """
    publish(user_topic(user_id), event_type, {"room_id": room.pk})
