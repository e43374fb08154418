"""Who may know of a room, and who may look into it. Every door asks here.

A room that is not open does not exist for those who are not in it: what they are told is word for
word what they are told of a room that nobody ever made.
"""

from typing import NoReturn

from api.errors import ApiError, Code
from chat.rooms import limits
from chat.rooms.models import Membership, Room


def membership(*, user_id: int, room_id: int) -> Membership:
    """The user's place in the room, with `room` and `user`.

    Raises `ApiError`: FORBIDDEN for an open room that they have not joined, else NOT_FOUND.
    """
    if room_id > limits.LARGEST_ID:
        refuse(None)
    found = (
        Membership.objects.select_related("room", "user").filter(room=room_id, user=user_id).first()
    )
    if found is None:
        refuse(Room.objects.filter(pk=room_id).first())
    return found


def refuse(room: Room | None) -> NoReturn:
    """Raise what somebody who is not in `room` may be told of it."""
    if room is not None and room.open:
        raise ApiError(Code.FORBIDDEN, "Join this room first")
    raise ApiError(Code.NOT_FOUND, "Not found")
