"""Access to rooms. Every transport and endpoint checks here.

To anyone who is not a member, a room that is not open does not exist: the error is identical to
that for an id that was never used.
"""

from typing import NoReturn

from api.errors import ApiError, Code
from api.limits import MAX_ID
from chat.rooms.models import Membership, Room


def membership(*, user_id: int, room_id: int) -> Membership:
    """The user's membership, with `room` and `user` loaded.

    Raises `ApiError`: FORBIDDEN for an open room that the user has not joined, else NOT_FOUND.
    """
    if room_id > MAX_ID:
        refuse(None)
    found = (
        Membership.objects.select_related("room", "user").filter(room=room_id, user=user_id).first()
    )
    if found is None:
        refuse(Room.objects.filter(pk=room_id).first())
    return found


def refuse(room: Room | None) -> NoReturn:
    """Raise the error for a user who is not a member of `room`; None if there is no such room."""
    if room is not None and room.open:
        raise ApiError(Code.FORBIDDEN, "Join this room first")
    raise ApiError(Code.NOT_FOUND, "Not found")
