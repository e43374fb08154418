"""Waiting for a match, and being paired. Event: `matched`, on each one's own topic.

Whoever changes the queue holds it alone: of any two who come at the same moment, the second sees
the first. Then follow the locks of rooms, the topics' heads last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from chat.matching import limits
from chat.matching.models import Waiting
from chat.people.models import Block
from chat.rooms.services import get_or_create_direct
from realtime import database_now, publish, unit_of_work

_HOLD = "SELECT pg_advisory_xact_lock(hashtext('bellwire.chat.matching'))"


@dataclass(frozen=True, slots=True)
class Wish:
    """What became of it: a room, or else until when it waits."""

    room_id: int | None
    expires_at: datetime | None = None


def seek(*, user_id: int) -> Wish:
    """Pair the user with the one who has waited the longest, or have them wait.

    Asking again while waiting says that one is still there. A pairing that came meanwhile is
    answered once; asking after that is another wish.
    """
    with unit_of_work():
        _hold()
        now = database_now()
        mine = Waiting.objects.filter(user=user_id).first()
        if mine is not None and mine.room_id is not None:
            mine.delete()
            if mine.paired_at is not None and now - mine.paired_at < limits.KEPT:
                return Wish(mine.room_id)
            mine = None
        other = _partner(user_id, now)
        if other is not None:
            return Wish(_pair(user_id, mine, other, now))
        if mine is None or now - mine.since >= limits.WAIT:
            mine = Waiting(user_id=user_id, since=now)
        mine.seen_at = now
        mine.save()
        return Wish(None, mine.since + limits.WAIT)


def give_up(*, user_id: int) -> None:
    """Wait no longer; who does not wait changes nothing."""
    with unit_of_work():
        _hold()
        Waiting.objects.filter(user=user_id).delete()


def note_present(ids: Sequence[str]) -> None:
    """Those of these users who wait are still connected."""
    now = database_now()
    stale = Waiting.objects.filter(room=None, seen_at__lt=now - limits.NOTE)
    known = set(stale.values_list("user_id", flat=True))
    if here := sorted(known.intersection(int(text) for text in ids)):
        Waiting.objects.filter(user__in=here, room=None, seen_at__lt=now).update(seen_at=now)


def note_gone(ids: Sequence[str]) -> None:
    """These users have closed their last connection to an instance: nobody is paired with them.

    Where they have another one, it is noted within a second, and they wait on.
    """
    waiting = Waiting.objects.filter(room=None).values_list("user_id", flat=True)
    if gone := sorted(set(waiting).intersection(int(text) for text in ids)):
        with unit_of_work():
            _hold()
            away = database_now() - limits.SEEN
            Waiting.objects.filter(user__in=gone, room=None).update(seen_at=away)


def forget_old() -> int:
    """Delete the wishes of those who have gone, and pairings that nobody asked for."""
    with unit_of_work():
        _hold()
        before = database_now() - limits.WAIT - limits.KEPT
        return Waiting.objects.filter(since__lt=before).delete()[0]


def _hold() -> None:
    # On SQLite every unit of work is alone from its beginning.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_HOLD)


def _partner(user_id: int, now: datetime) -> Waiting | None:
    blocked = Block.objects.filter(user=user_id).values("blocked")
    blocking = Block.objects.filter(blocked=user_id).values("user")
    return (
        Waiting.objects.filter(room=None, user__is_active=True)
        .filter(seen_at__gt=now - limits.SEEN, since__gt=now - limits.WAIT)
        .exclude(user=user_id)
        .exclude(user__in=blocked)
        .exclude(user__in=blocking)
        .order_by("since", "user_id")
        .first()
    )


def _pair(user_id: int, mine: Waiting | None, other: Waiting, now: datetime) -> int:
    room_id = get_or_create_direct(user_id=user_id, other_id=other.user_id).room.pk
    other.room_id, other.paired_at = room_id, now
    other.save(update_fields=["room_id", "paired_at"])
    if mine is not None:
        mine.delete()
    for one, the_other in ((user_id, other.user_id), (other.user_id, user_id)):
        publish(f"users/{one}", "matched", {"room_id": room_id, "user_id": the_other})
    return int(room_id)
