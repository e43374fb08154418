"""The matching queue. Event: `matched`, on each user's own topic.

Changes of the queue are serialized by a lock, so of two concurrent requests the second sees the
first. Locks of rooms are taken after it, the topics' heads last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from accounts.topics import user_topic
from chat.matching import limits
from chat.matching.models import Waiting
from chat.people.models import Block
from chat.rooms.services import get_or_create_direct
from realtime import database_now, publish, unit_of_work

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('bellwire.chat.matching'))"


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The room of a match, or else when the wait expires."""

    room_id: int | None
    expires_at: datetime | None = None


def seek_match(*, user_id: int) -> MatchResult:
    """Match the user with the one who has waited longest, or add them to the queue.

    Calling it again while waiting keeps the user in the queue. A match made meanwhile is returned
    once; the next call starts a new search.
    """
    with unit_of_work():
        _lock_queue()
        now = database_now()
        mine = Waiting.objects.filter(user=user_id).first()
        if mine is not None and mine.room_id is not None:
            mine.delete()
            if mine.paired_at is not None and now - mine.paired_at < limits.KEPT:
                return MatchResult(mine.room_id)
            mine = None
        other = _find_partner(user_id, now)
        if other is not None:
            return MatchResult(_pair(user_id, mine, other, now))
        if mine is None or now - mine.since >= limits.WAIT:
            mine = Waiting(user_id=user_id, since=now)
        mine.seen_at = now
        mine.save()
        return MatchResult(None, mine.since + limits.WAIT)


def stop_waiting(*, user_id: int) -> None:
    """Remove the user from the queue, if they are in it."""
    with unit_of_work():
        _lock_queue()
        Waiting.objects.filter(user=user_id).delete()


def mark_present(ids: Sequence[str]) -> None:
    """Refresh `seen_at` of those of these connected users who wait."""
    now = database_now()
    stale = Waiting.objects.filter(room=None, seen_at__lt=now - limits.NOTE)
    known = set(stale.values_list("user_id", flat=True))
    if here := sorted(known.intersection(int(text) for text in ids)):
        Waiting.objects.filter(user__in=here, room=None, seen_at__lt=now).update(seen_at=now)


def mark_gone(ids: Sequence[str]) -> None:
    """Stop matching users who have closed their last connection to this instance.

    If they are connected to another instance, `mark_present` restores them within a second.
    """
    waiting = Waiting.objects.filter(room=None).values_list("user_id", flat=True)
    if gone := sorted(set(waiting).intersection(int(text) for text in ids)):
        with unit_of_work():
            _lock_queue()
            away = database_now() - limits.SEEN
            Waiting.objects.filter(user__in=gone, room=None).update(seen_at=away)


def delete_expired() -> int:
    """Delete expired requests, and matches that were never fetched."""
    with unit_of_work():
        _lock_queue()
        before = database_now() - limits.WAIT - limits.KEPT
        return Waiting.objects.filter(since__lt=before).delete()[0]


def _lock_queue() -> None:
    # On SQLite, units of work are serialized from their beginning.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)


def _find_partner(user_id: int, now: datetime) -> Waiting | None:
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
        publish(user_topic(one), "matched", {"room_id": room_id, "user_id": the_other})
    return int(room_id)
