"""Coming and going. Events: `member.joined`, `member.left`."""

from dataclasses import dataclass

from django.utils import timezone

from accounts.models import User
from api.errors import ApiError, Code, invalid
from chat.rooms import access, payload
from chat.rooms.models import Kind, Membership, Role, Room
from chat.rooms.services import writing
from realtime.publishing import publish, unit_of_work

_MAY_INVITE = frozenset({Role.OWNER, Role.MODERATOR})


@dataclass(frozen=True, slots=True)
class Added:
    """A member, and whether they were not one before."""

    membership: Membership
    created: bool


def join(*, user_id: int, room_id: int) -> Added:
    """Enter an open room; who is in it already changes nothing. Raises `ApiError` (NOT_FOUND)."""
    with unit_of_work():
        room = writing.hold(room_id)
        if room is None:
            access.refuse(None)
        found = Membership.objects.select_related("user").filter(room=room, user=user_id).first()
        if found is not None:
            return Added(found, created=False)
        if not room.open:
            access.refuse(room)
        # A room that everybody has left belongs to whoever finds it.
        empty = not Membership.objects.filter(room=room).exists()
        role = Role.OWNER if empty else Role.MEMBER
        return Added(_enter(room, User.objects.get(pk=user_id), role), created=True)


def add_member(*, user_id: int, room_id: int, member_id: int) -> Added:
    """Bring another user into a room; who is in it already changes nothing.

    Raises `ApiError`: as `access.membership` does; FORBIDDEN unless the user is its owner or a
    moderator; CONFLICT for a direct room; INVALID for a user who is not there.
    """
    with unit_of_work():
        mine = writing.hold_as_member(user_id=user_id, room_id=room_id)
        _refuse_direct(mine.room)
        if mine.role not in _MAY_INVITE:
            raise ApiError(Code.FORBIDDEN, "Only the owner and moderators invite")
        member = User.objects.filter(pk=member_id).first()
        theirs = Membership.objects.select_related("user").filter(room=room_id, user=member)
        if member is not None and (found := theirs.first()) is not None:
            return Added(found, created=False)
        if member is None or not member.is_active:
            raise invalid({"user_id": [f"No such user: {member_id}"]})
        return Added(_enter(mine.room, member, Role.MEMBER), created=True)


def leave(*, user_id: int, room_id: int) -> None:
    """Leave a room.

    Raises `ApiError`: as `access.membership` does; CONFLICT for a direct room, which has exactly
    two, and for an owner who would leave others behind without one.
    """
    with unit_of_work():
        mine = writing.hold_as_member(user_id=user_id, room_id=room_id)
        _refuse_direct(mine.room)
        others = Membership.objects.filter(room=room_id).exclude(pk=mine.pk)
        if mine.role == Role.OWNER and others.exists():
            raise ApiError(Code.CONFLICT, "The owner cannot leave the others behind")
        mine.delete()
        publish(mine.room.topic, "member.left", {"user_id": user_id})


def _enter(room: Room, user: User, role: Role) -> Membership:
    made = Membership.objects.create(
        room=room,
        user=user,
        role=str(role),
        joined_at=timezone.now(),
        joined_offset=writing.head(room),
    )
    publish(room.topic, "member.joined", payload.member(made))
    return made


def _refuse_direct(room: Room) -> None:
    if room.kind == Kind.DIRECT:
        raise ApiError(Code.CONFLICT, "A direct room has exactly two members")
