"""Memberships and roles. Events: `member.joined`, `member.left`, `member.changed`.

On the affected user's own topic: `room.added`, `room.removed`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from accounts.models import User
from api.errors import ApiError, Code, invalid
from api.limits import MAX_ID
from chat.people import selectors as people
from chat.rooms import access, payload
from chat.rooms.models import Ban, Kind, Membership, Role, Room
from chat.rooms.services import room_events
from realtime import publish, unit_of_work

# Moderators and owners may remove members of a lower rank.
_RANK: Final[Mapping[str, int]] = {Role.MEMBER: 0, Role.MODERATOR: 1, Role.OWNER: 2}


@dataclass(frozen=True, slots=True)
class Added:
    """A membership, and whether this call created it."""

    membership: Membership
    created: bool


def may_moderate(role: str) -> bool:
    """Whether the role may add and remove members, and delete others' messages."""
    return _RANK[role] >= _RANK[Role.MODERATOR]


def join_room(*, user_id: int, room_id: int) -> Added:
    """Join an open room; for members nothing changes.

    Raises `ApiError`: NOT_FOUND if there is no such open room, FORBIDDEN for a banned user.
    """
    with unit_of_work():
        room = room_events.lock_room(room_id)
        if room is None:
            access.refuse(None)
        found = Membership.objects.select_related("user").filter(room=room, user=user_id).first()
        if found is not None:
            return Added(found, created=False)
        if not room.open:
            access.refuse(room)
        if Ban.objects.filter(room=room, user=user_id).exists():
            raise ApiError(Code.FORBIDDEN, "You have been banned from this room")
        # The first user to join a room without members becomes its owner.
        empty = not Membership.objects.filter(room=room).exists()
        role = Role.OWNER if empty else Role.MEMBER
        return Added(_create_membership(room, User.objects.get(pk=user_id), role), created=True)


def add_member(*, user_id: int, room_id: int, member_id: int) -> Added:
    """Add another user to a room; if they are a member already, nothing changes.

    Raises `ApiError`: as `access.membership` does; FORBIDDEN unless the caller is the owner or a
    moderator; CONFLICT for a direct room, a banned user, or one whom the caller blocks; INVALID
    for a user who does not exist or who blocks the caller, with the same message for both.
    """
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        _refuse_direct(mine.room)
        if not may_moderate(mine.role):
            raise ApiError(Code.FORBIDDEN, "Only the owner and moderators can add members")
        member = User.objects.filter(pk=member_id).first()
        rows = Membership.objects.select_related("user").filter(room=room_id, user=member)
        if member is not None and (found := rows.first()) is not None:
            return Added(found, created=False)
        is_active = member is not None and member.is_active
        if member is None or not is_active or people.blocks(user_id=member.pk, other_id=user_id):
            raise invalid({"user_id": [f"No such user: {member_id}"]})
        if people.blocks(user_id=user_id, other_id=member.pk):
            raise ApiError(Code.CONFLICT, "You have blocked this user")
        if Ban.objects.filter(room=room_id, user=member).exists():
            raise ApiError(Code.CONFLICT, "This user has been banned from the room")
        return Added(_create_membership(mine.room, member, Role.MEMBER), created=True)


def leave_room(*, user_id: int, room_id: int) -> None:
    """Leave a room.

    Raises `ApiError`: as `access.membership` does; CONFLICT for a direct room, which always has two
    members, and for an owner while there are other members.
    """
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        _refuse_direct(mine.room)
        others = Membership.objects.filter(room=room_id).exclude(pk=mine.pk)
        if mine.role == Role.OWNER and others.exists():
            raise ApiError(Code.CONFLICT, "Make another member the owner before you leave")
        remove_membership(mine)


def remove_member(*, user_id: int, room_id: int, member_id: int) -> None:
    """Remove a member; removing oneself is `leave_room`.

    Raises `ApiError`: as `leave_room` does; NOT_FOUND for a user who is not a member; FORBIDDEN
    unless the caller ranks higher: owner above moderators above members.
    """
    if member_id == user_id:
        leave_room(user_id=user_id, room_id=room_id)
        return
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        _refuse_direct(mine.room)
        member = _get_member(mine, member_id)
        if not may_moderate(mine.role) or _RANK[member.role] >= _RANK[mine.role]:
            raise ApiError(Code.FORBIDDEN, "Your role does not let you remove this member")
        remove_membership(member)


def change_role(*, user_id: int, room_id: int, member_id: int, role: Role) -> Membership:
    """Change a member's role, as the room's owner; OWNER transfers ownership.

    Raises `ApiError`: as `access.membership` does; NOT_FOUND for a user who is not a member;
    FORBIDDEN unless the caller is the owner; CONFLICT for a direct room, and for the owner's own
    role, which only a transfer changes.
    """
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        _refuse_direct(mine.room)
        member = mine if member_id == user_id else _get_member(mine, member_id)
        if mine.role != Role.OWNER:
            raise ApiError(Code.FORBIDDEN, "Only the owner can change roles")
        if member.role == role:
            return member
        if member is mine:
            raise ApiError(Code.CONFLICT, "Make another member the owner first")
        if role is Role.OWNER:
            set_role(mine, Role.MODERATOR)
        set_role(member, role)
        return member


def remove_membership(member: Membership) -> None:
    """Delete a membership and publish it. The caller holds the room's lock."""
    member.delete()
    publish(member.room.topic, "member.left", {"user_id": member.user_id})
    room_events.publish_to_user(member.user_id, "room.removed", member.room)


def appoint_owner(room: Room) -> None:
    """Make the longest-standing moderator, or else member, the owner. The lock is held."""
    rows = Membership.objects.select_related("user").filter(room=room).order_by("id")
    successor = rows.filter(role=str(Role.MODERATOR)).first() or rows.first()
    if successor is not None:
        successor.room = room
        set_role(successor, Role.OWNER)


def set_role(member: Membership, role: Role) -> None:
    """Set a member's role and publish it. The caller holds the room's lock."""
    member.role = str(role)
    member.save(update_fields=["role"])
    publish(member.room.topic, "member.changed", payload.member(member))


def _create_membership(room: Room, user: User, role: Role) -> Membership:
    made = Membership.objects.create(
        room=room,
        user=user,
        role=str(role),
        joined_at=timezone.now(),
        joined_offset=room_events.topic_head(room),
    )
    publish(room.topic, "member.joined", payload.member(made))
    room_events.publish_to_user(user.pk, "room.added", room)
    return made


def _get_member(mine: Membership, member_id: int) -> Membership:
    rows = Membership.objects.select_related("user").filter(room=mine.room_id, user=member_id)
    found = rows.first() if member_id <= MAX_ID else None
    if found is None:
        raise ApiError(Code.NOT_FOUND, "Not a member of this room")
    found.room = mine.room
    return found


def _refuse_direct(room: Room) -> None:
    if room.kind == Kind.DIRECT:
        raise ApiError(Code.CONFLICT, "A direct room has exactly two members")
