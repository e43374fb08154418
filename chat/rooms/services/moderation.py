"""What the deployment's own people do in rooms that they are not in (Django's admin).

It shows live, by the same events as what members do.
"""

from django.utils import timezone

from chat.rooms.models import Ban, Kind, Membership, Message, Role
from chat.rooms.services import room_events
from chat.rooms.services.membership import appoint_owner, put_out
from chat.rooms.services.messages import blank
from chat.rooms.services.rooms import remove_room
from realtime import unit_of_work


def hide_message(*, message_id: int) -> bool:
    """Delete what somebody said; whether there was anything to delete."""
    room_id = Message.objects.filter(pk=message_id).values_list("room_id", flat=True).first()
    if room_id is None:
        return False
    with unit_of_work():
        room = room_events.hold(room_id)
        rows = Message.objects.select_related("user").filter(pk=message_id)
        message = rows.first() if room is not None else None
        if message is None or room is None:
            return False
        message.room = room
        return blank(message)


def expel(*, room_id: int, user_id: int) -> bool:
    """Take a member out of a group or focus room; whether they were in it.

    An owner's room goes to the moderator, or else the member, who has been there the longest.
    """
    with unit_of_work():
        room = room_events.hold(room_id)
        rows = Membership.objects.select_related("user").filter(room=room_id)
        member = rows.filter(user=user_id).first() if room is not None else None
        if member is None or room is None or room.kind == Kind.DIRECT:
            return False
        member.room = room
        put_out(member)
        if member.role == Role.OWNER:
            appoint_owner(room)
        return True


def ban(*, room_id: int, user_id: int, by: int | None) -> bool:
    """Take a user out of a room and keep them out; whether they were not banned before."""
    with unit_of_work():
        if room_events.hold(room_id) is None:
            return False
        made = Ban.objects.get_or_create(
            room_id=room_id,
            user_id=user_id,
            defaults={"by_id": by, "created_at": timezone.now()},
        )
        expel(room_id=room_id, user_id=user_id)
        return made[1]


def close_room(*, room_id: int) -> bool:
    """Delete a room, whoever's it is; whether it was there."""
    with unit_of_work():
        room = room_events.hold(room_id)
        if room is None:
            return False
        remove_room(room)
        return True
