"""Moderation by staff, who need not be members (Django's admin).

Members see it live, through the same events as their own changes.
"""

from django.utils import timezone

from chat.rooms.models import Ban, Kind, Membership, Message, Role
from chat.rooms.services import room_events
from chat.rooms.services.membership import appoint_owner, remove_membership
from chat.rooms.services.messages import erase_content
from chat.rooms.services.rooms import remove_room
from realtime import unit_of_work


def hide_message(*, message_id: int) -> bool:
    """Delete a message's content; False if there was none to delete."""
    room_id = Message.objects.filter(pk=message_id).values_list("room_id", flat=True).first()
    if room_id is None:
        return False
    with unit_of_work():
        room = room_events.lock_room(room_id)
        rows = Message.objects.select_related("user").filter(pk=message_id)
        message = rows.first() if room is not None else None
        if message is None or room is None:
            return False
        message.room = room
        return erase_content(message)


def expel_member(*, room_id: int, user_id: int) -> bool:
    """Remove a member from a group or focus room; False if they were not a member.

    If the owner is removed, `appoint_owner` names the next one.
    """
    with unit_of_work():
        room = room_events.lock_room(room_id)
        rows = Membership.objects.select_related("user").filter(room=room_id)
        member = rows.filter(user=user_id).first() if room is not None else None
        if member is None or room is None or room.kind == Kind.DIRECT:
            return False
        member.room = room
        remove_membership(member)
        if member.role == Role.OWNER:
            appoint_owner(room)
        return True


def ban_user(*, room_id: int, user_id: int, by: int | None) -> bool:
    """Remove a user from a room and ban them from it; False if they were banned already."""
    with unit_of_work():
        if room_events.lock_room(room_id) is None:
            return False
        _, created = Ban.objects.get_or_create(
            room_id=room_id,
            user_id=user_id,
            defaults={"by_id": by, "created_at": timezone.now()},
        )
        expel_member(room_id=room_id, user_id=user_id)
        return created


def close_room(*, room_id: int) -> bool:
    """Delete a room; False if there is none."""
    with unit_of_work():
        room = room_events.lock_room(room_id)
        if room is None:
            return False
        remove_room(room)
        return True
