"""Controls the focus timer. Event: `timer`, with the timer's state."""

from collections.abc import Collection
from datetime import timedelta

from api.errors import ApiError, Code
from chat.rooms import payload
from chat.rooms import timer as timers
from chat.rooms.models import Kind, Membership, Role, Room
from chat.rooms.payload import Payload
from chat.rooms.services import room_events
from chat.rooms.timer import Action, IllegalActionError, Timer
from realtime import database_now, publish, unit_of_work


def control_timer(*, user_id: int, room_id: int, action: Action) -> Payload:
    """Start, pause, resume, skip or reset the timer; an action without effect changes nothing.

    Raises `ApiError`: as `access.membership` does; FORBIDDEN if the room's settings do not let the
    user control it; CONFLICT in rooms without a timer, and for an action that the timer's status
    does not allow.
    """
    with unit_of_work():
        mine = room_events.lock_room_as_member(user_id=user_id, room_id=room_id)
        room = mine.room
        _refuse_without_control(mine)
        now, settings = database_now(), room.settings
        before = timers.read(room.timer_json)
        current = before.at(now, settings)
        try:
            after = current.after(action, now, settings)
        except IllegalActionError as error:
            raise ApiError(Code.CONFLICT, str(error)) from None
        if after != before:
            _write(room, after)
            publish(room.topic, "timer", after.shape(now, settings))
        return after.shape(now, settings)


def settle(room: Room) -> bool:
    """Store the timer with ended phases advanced; True if one has ended. The lock is held."""
    if room.kind != Kind.FOCUS:
        return False
    before = timers.read(room.timer_json)
    after = before.at(database_now(), room.settings)
    if after == before:
        return False
    _write(room, after)
    return True


def end_phases(room_ids: Collection[int], *, within: timedelta) -> float | None:
    """Publish the end of phases in these rooms, each once even if several processes do this.

    Returns the seconds until the next phase ends, None if none does `within` that time.
    """
    now = database_now()
    rows = Room.objects.filter(pk__in=room_ids, timer_ends_at__lte=now + within)
    left_s = {
        room_id: (ends_at - now).total_seconds()
        for room_id, ends_at in rows.order_by("pk").values_list("pk", "timer_ends_at")
        if ends_at is not None
    }
    for room_id, seconds in left_s.items():
        if seconds > 0:
            continue
        with unit_of_work():
            # A second process finds the timer settled, and publishes nothing.
            room = room_events.lock_room(room_id)
            if room is not None and settle(room):
                publish(room.topic, "timer", payload.timer(room, database_now()) or {})
    return min((seconds for seconds in left_s.values() if seconds > 0), default=None)


def _write(room: Room, timer: Timer) -> None:
    room.timer_json, room.timer_ends_at = timers.stored(timer), timer.ends_at
    room.save(update_fields=["timer_json", "timer_ends_at"])


def _refuse_without_control(mine: Membership) -> None:
    if mine.room.kind != Kind.FOCUS:
        raise ApiError(Code.CONFLICT, "Only a focus room has a timer")
    if mine.role != Role.OWNER and mine.room.settings["timer_control"] != "members":
        raise ApiError(Code.FORBIDDEN, "In this room only the owner controls the timer")
