"""Deleting notifications, whoever wants it: the reader, the sender, time, or a newer one."""

from collections import Counter
from collections.abc import Sequence

from django.utils import timezone

from notifications import sql
from notifications.services import counters
from notifications.topics import topic_of
from realtime.publishing import publish


def remove(ids: Sequence[int]) -> int:
    """Delete those of `ids` that are not yet, count and tell. Their users must be held."""
    gone, unread = take_away(ids)
    counters.change({user_id: -count for user_id, count in unread.items()})
    return gone


def take_away(ids: Sequence[int]) -> tuple[int, Counter[int]]:
    """The same without counting: how many, and how many unread ones each user has lost."""
    rows = sql.delete_notifications(ids, at=timezone.now())
    for notification_id, user_id, _ in rows:
        publish(topic_of(user_id), "notification.deleted", {"id": notification_id})
    return len(rows), Counter(user_id for _, user_id, was_unread in rows if was_unread)
