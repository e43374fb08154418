"""The lock of everything that is a room's, and what may be relied on while it is held."""

from chat.rooms import access
from chat.rooms.models import Membership, Room
from realtime import event_log, publish


def hold(room_id: int) -> Room | None:
    """Lock the room until the unit of work ends; None if there is no such room.

    Read what is the room's only after this, in a query of its own: a join with the locked row
    would show, on PostgreSQL, the other tables as they were before the lock was waited for. On
    SQLite every unit of work is alone from its beginning.
    """
    return Room.objects.select_for_update().filter(pk=room_id).first()


def hold_as_member(*, user_id: int, room_id: int) -> Membership:
    """Lock the room for one of its members. Raises `ApiError` as `access.membership` does."""
    room = hold(room_id)
    if room is None:
        access.refuse(None)
    found = Membership.objects.select_related("user").filter(room=room, user=user_id).first()
    if found is None:
        access.refuse(room)
    found.room = room
    return found


def head(room: Room) -> int:
    """How far the topic of a held room has come.

    It cannot move before this unit of work's own append: whoever appends to the topic of a room
    holds the room until the commit, and we are holding it. For the same reason it is not behind:
    the appends of all who held the room before were committed when their lock was given up.
    """
    return event_log.heads([room.topic])[1].get(room.topic, 0)


def publish_to_user(user_id: int, event_type: str, room: Room) -> None:
    """Tell a user's own topic of a room that has become theirs, or is theirs no longer.

    Other tabs and other devices have not done it themselves.
    """
    publish(f"users/{user_id}", event_type, {"room_id": room.pk})
