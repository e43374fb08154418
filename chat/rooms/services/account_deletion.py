"""Removes a user from their rooms when the account is deleted. Events: those of leaving."""

from chat.rooms.models import Kind, Membership, Role, Room
from chat.rooms.services.membership import appoint_owner
from chat.rooms.services.rooms import remove_room
from realtime import publish, unit_of_work


def leave_all_rooms(*, user_id: int) -> None:
    """Remove a user from all rooms. Their messages stay.

    Ownership passes on as when an owner is removed (`appoint_owner`). A direct room stays with the
    other member, history included, and is deleted when that account is deleted too.
    """
    with unit_of_work():
        rows = Room.objects.filter(memberships__user=user_id).order_by("pk")
        locked = {room.pk: room for room in rows.select_for_update(of=("self",))}
        mine = list(Membership.objects.filter(user=user_id, room__in=locked).order_by("room"))
        Membership.objects.filter(pk__in=[member.pk for member in mine]).delete()
        occupied = set(
            Membership.objects.filter(room__in=locked).values_list("room_id", flat=True).distinct()
        )
        for member in mine:
            room = locked[member.room_id]
            publish(room.topic, "member.left", {"user_id": user_id})
            if member.role == Role.OWNER:
                appoint_owner(room)
            if room.kind == Kind.DIRECT and room.pk not in occupied:
                remove_room(room)
