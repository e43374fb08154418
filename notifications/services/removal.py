"""Deletes notifications, for their recipient, the sender, expiry, or a newer one.

Their texts are removed from the log as well.
"""

from collections.abc import Iterable, Sequence

from django.utils import timezone

from accounts.topics import user_topic
from api.media.renderers import iso_utc
from notifications.live.topics import BROADCAST
from notifications.models import Broadcast
from notifications.services import logged_texts
from notifications.services.counters import CounterDelta, hold, hold_broadcasts
from notifications.sql import rows
from notifications.sql.run import InValues
from realtime import publish


def remove_any(found: Iterable[tuple[int, int | None]]) -> int:
    """Delete rows of `(id, user)`, None for everyone, taking the locks. Returns their number."""
    everyones = [row_id for row_id, user_id in found if user_id is None]
    owners = {row_id: user_id for row_id, user_id in found if user_id is not None}
    removed = withdraw_broadcasts(everyones, time=hold_broadcasts()) if everyones else 0
    if owners:
        hold(owners.values())
        removed += remove(list(owners))
    return removed


def remove(ids: Sequence[int]) -> int:
    """Delete those of `ids` that are not deleted yet, count and publish. Their users must be
    locked.
    """
    delta = CounterDelta()
    removed = delete_rows(ids, delta)
    delta.apply()
    return removed


def delete_rows(ids: Sequence[int], delta: CounterDelta) -> int:
    """Delete without counting: the change is added to `delta`."""
    now = timezone.now()
    found = rows.delete_notifications(ids, at=now)
    logged_texts.blank_logged(found, at=iso_utc(now))
    for one in found:
        if one.user_id is None:
            raise ValueError(f"expected notifications of users, got the broadcast {one.id}")
        publish(user_topic(one.user_id), "notification.deleted", {"id": one.id})
        if one.was_unread:
            delta.add_own(one.user_id, one.type, -1)
    return len(found)


def withdraw_broadcasts(ids: Sequence[int], *, time: int) -> int:
    """Withdraw broadcasts. `time` is that of the clock, which must be locked.

    No counter is written: a count subtracts what was withdrawn since it was settled.
    """
    now = timezone.now()
    found = rows.delete_notifications(ids, at=now)
    logged_texts.blank_logged(found, at=iso_utc(now))
    removed = [one.id for one in found]
    Broadcast.objects.filter(InValues("notification_id", removed)).update(withdrawn=time)
    for notification_id in removed:
        publish(BROADCAST, "notification.deleted", {"id": notification_id})
    return len(removed)
