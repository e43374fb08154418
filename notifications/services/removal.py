"""Deleting notifications, whoever wants it: the reader, the sender, time, or a newer one."""

from collections.abc import Iterable, Sequence

from django.utils import timezone

from notifications.models import Broadcast
from notifications.services.counters import Moved, hold, hold_broadcasts
from notifications.sql import rows
from notifications.sql.run import Among
from notifications.topics import BROADCAST, topic_of
from realtime.publishing import publish


def remove_any(found: Iterable[tuple[int, int | None]]) -> int:
    """Delete `(id, user)`, in which None stands for everyone; takes the locks. Returns how many."""
    everyones = [row_id for row_id, user_id in found if user_id is None]
    owners = {row_id: user_id for row_id, user_id in found if user_id is not None}
    gone = withdraw_broadcasts(everyones, time=hold_broadcasts()) if everyones else 0
    if owners:
        hold(owners.values())
        gone += remove(list(owners))
    return gone


def remove(ids: Sequence[int]) -> int:
    """Delete those of `ids` that are not yet, count and tell. Their users must be held."""
    moved = Moved()
    gone = take_away(ids, moved)
    moved.apply()
    return gone


def take_away(ids: Sequence[int], moved: Moved) -> int:
    """The same without counting: what the users have lost is put into `moved`."""
    found = rows.delete_notifications(ids, at=timezone.now())
    for notification_id, user_id, kind, was_unread in found:
        publish(topic_of(user_id), "notification.deleted", {"id": notification_id})
        if was_unread:
            moved.own(user_id, kind, -1)
    return len(found)


def withdraw_broadcasts(ids: Sequence[int], *, time: int) -> int:
    """Take broadcasts from everyone. `time` is that of the clock, which must be held.

    Nobody's counter is written: a count takes off what was withdrawn since it was settled.
    """
    found = rows.delete_notifications(ids, at=timezone.now())
    gone = [notification_id for notification_id, _, _, _ in found]
    Broadcast.objects.filter(Among("notification_id", gone)).update(withdrawn=time)
    for notification_id in gone:
        publish(BROADCAST, "notification.deleted", {"id": notification_id})
    return len(gone)
