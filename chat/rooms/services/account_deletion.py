"""What becomes of a user's rooms when their account goes. Events: those of leaving."""

from chat.rooms.models import Kind, Membership, Role, Room
from chat.rooms.services.membership import appoint_owner
from chat.rooms.services.rooms import remove_room
from realtime import publish, unit_of_work


def leave_all(*, user_id: int) -> None:
    """Take a user out of all their rooms; what they said stays.

    An owner's room goes to whom it goes to when an owner is sent away. A direct room stays the
    other's, with its history, and is deleted with the second of the two.
    """
    with unit_of_work():
        rows = Room.objects.filter(memberships__user=user_id).order_by("pk")
        held = {room.pk: room for room in rows.select_for_update(of=("self",))}
        mine = list(Membership.objects.filter(user=user_id, room__in=held).order_by("room"))
        Membership.objects.filter(pk__in=[member.pk for member in mine]).delete()
        left = set(
            Membership.objects.filter(room__in=held).values_list("room_id", flat=True).distinct()
        )
        for member in mine:
            room = held[member.room_id]
            publish(room.topic, "member.left", {"user_id": user_id})
            if member.role == Role.OWNER:
                appoint_owner(room)
            if room.kind == Kind.DIRECT and room.pk not in left:
                remove_room(room)
