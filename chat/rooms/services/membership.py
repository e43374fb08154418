"""Coming and going, and who may do what. Events: `member.joined`, `member.left`, `member.changed`.

On the topic of whoever came or went: `room.added`, `room.removed`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from accounts.models import User
from api.errors import ApiError, Code, invalid
from chat.people import selectors as people
from chat.rooms import access, limits, payload
from chat.rooms.models import Ban, Kind, Membership, Role, Room
from chat.rooms.services import room_events
from realtime import publish, unit_of_work

# Whoever stands higher may send away whoever stands lower; from moderator on, one may at all.
_RANK: Final[Mapping[str, int]] = {Role.MEMBER: 0, Role.MODERATOR: 1, Role.OWNER: 2}


@dataclass(frozen=True, slots=True)
class Added:
    """A member, and whether they were not one before."""

    membership: Membership
    created: bool


def may_moderate(role: str) -> bool:
    """Whether the role brings people in, sends them away, and changes what others said."""
    return _RANK[role] >= _RANK[Role.MODERATOR]


def join(*, user_id: int, room_id: int) -> Added:
    """Enter an open room; who is in it already changes nothing.

    Raises `ApiError`: NOT_FOUND, and FORBIDDEN for who has been banned from it.
    """
    with unit_of_work():
        room = room_events.hold(room_id)
        if room is None:
            access.refuse(None)
        found = Membership.objects.select_related("user").filter(room=room, user=user_id).first()
        if found is not None:
            return Added(found, created=False)
        if not room.open:
            access.refuse(room)
        if Ban.objects.filter(room=room, user=user_id).exists():
            raise ApiError(Code.FORBIDDEN, "You have been banned from this room")
        # A room that everybody has left belongs to whoever finds it.
        empty = not Membership.objects.filter(room=room).exists()
        role = Role.OWNER if empty else Role.MEMBER
        return Added(_enter(room, User.objects.get(pk=user_id), role), created=True)


def add_member(*, user_id: int, room_id: int, member_id: int) -> Added:
    """Bring another user into a room; who is in it already changes nothing.

    Raises `ApiError`: as `access.membership` does; FORBIDDEN unless the user is its owner or a
    moderator; CONFLICT for a direct room, for a user who is banned, and for one whom the user
    blocks; INVALID for one who is not there, or who blocks the user: which of the two is not told.
    """
    with unit_of_work():
        mine = room_events.hold_as_member(user_id=user_id, room_id=room_id)
        _refuse_direct(mine.room)
        if not may_moderate(mine.role):
            raise ApiError(Code.FORBIDDEN, "Only the owner and moderators invite")
        member = User.objects.filter(pk=member_id).first()
        theirs = Membership.objects.select_related("user").filter(room=room_id, user=member)
        if member is not None and (found := theirs.first()) is not None:
            return Added(found, created=False)
        there = member is not None and member.is_active
        if member is None or not there or people.blocks(user_id=member.pk, other_id=user_id):
            raise invalid({"user_id": [f"No such user: {member_id}"]})
        if people.blocks(user_id=user_id, other_id=member.pk):
            raise ApiError(Code.CONFLICT, "You have blocked this user")
        if Ban.objects.filter(room=room_id, user=member).exists():
            raise ApiError(Code.CONFLICT, "This user has been banned from the room")
        return Added(_enter(mine.room, member, Role.MEMBER), created=True)


def leave(*, user_id: int, room_id: int) -> None:
    """Leave a room.

    Raises `ApiError`: as `access.membership` does; CONFLICT for a direct room, which has exactly
    two, and for an owner who would leave others behind without one.
    """
    with unit_of_work():
        mine = room_events.hold_as_member(user_id=user_id, room_id=room_id)
        _refuse_direct(mine.room)
        others = Membership.objects.filter(room=room_id).exclude(pk=mine.pk)
        if mine.role == Role.OWNER and others.exists():
            raise ApiError(Code.CONFLICT, "The owner cannot leave the others behind")
        put_out(mine)


def remove_member(*, user_id: int, room_id: int, member_id: int) -> None:
    """Send a member away; removing oneself is leaving.

    Raises `ApiError`: as `leave` does; NOT_FOUND for who is not in the room; FORBIDDEN unless the
    user stands higher: the owner above moderators above members.
    """
    if member_id == user_id:
        leave(user_id=user_id, room_id=room_id)
        return
    with unit_of_work():
        mine = room_events.hold_as_member(user_id=user_id, room_id=room_id)
        _refuse_direct(mine.room)
        theirs = _other(mine, member_id)
        if not may_moderate(mine.role) or _RANK[theirs.role] >= _RANK[mine.role]:
            raise ApiError(Code.FORBIDDEN, "Only who stands higher sends a member away")
        put_out(theirs)


def change_role(*, user_id: int, room_id: int, member_id: int, role: Role) -> Membership:
    """Give a member another role, as the room's owner; OWNER hands the room over.

    Raises `ApiError`: as `access.membership` does; NOT_FOUND for who is not in the room; FORBIDDEN
    unless the user is the owner; CONFLICT for a direct room, and for the owner's own role, which
    goes only by handing over.
    """
    with unit_of_work():
        mine = room_events.hold_as_member(user_id=user_id, room_id=room_id)
        _refuse_direct(mine.room)
        theirs = mine if member_id == user_id else _other(mine, member_id)
        if mine.role != Role.OWNER:
            raise ApiError(Code.FORBIDDEN, "Only the owner gives roles")
        if theirs.role == role:
            return theirs
        if theirs is mine:
            raise ApiError(Code.CONFLICT, "The owner hands the room over first")
        if role is Role.OWNER:
            give_role(mine, Role.MODERATOR)
        give_role(theirs, role)
        return theirs


def put_out(member: Membership) -> None:
    """Take a member out of their room, which is held."""
    member.delete()
    publish(member.room.topic, "member.left", {"user_id": member.user_id})
    room_events.publish_to_user(member.user_id, "room.removed", member.room)


def appoint_owner(room: Room) -> None:
    """Give a held room whose owner is gone to the moderator, or else the member, longest in it."""
    rows = Membership.objects.select_related("user").filter(room=room).order_by("id")
    heir = rows.filter(role=str(Role.MODERATOR)).first() or rows.first()
    if heir is not None:
        heir.room = room
        give_role(heir, Role.OWNER)


def give_role(member: Membership, role: Role) -> None:
    """Change the role of a member of a room that is held."""
    member.role = str(role)
    member.save(update_fields=["role"])
    publish(member.room.topic, "member.changed", payload.member(member))


def _enter(room: Room, user: User, role: Role) -> Membership:
    made = Membership.objects.create(
        room=room,
        user=user,
        role=str(role),
        joined_at=timezone.now(),
        joined_offset=room_events.head(room),
    )
    publish(room.topic, "member.joined", payload.member(made))
    room_events.publish_to_user(user.pk, "room.added", room)
    return made


def _other(mine: Membership, member_id: int) -> Membership:
    rows = Membership.objects.select_related("user").filter(room=mine.room_id, user=member_id)
    found = rows.first() if member_id <= limits.LARGEST_ID else None
    if found is None:
        raise ApiError(Code.NOT_FOUND, "Not a member of this room")
    found.room = mine.room
    return found


def _refuse_direct(room: Room) -> None:
    if room.kind == Kind.DIRECT:
        raise ApiError(Code.CONFLICT, "A direct room has exactly two members")
