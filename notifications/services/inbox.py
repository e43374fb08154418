"""What users do with their own notifications. All of it may be done twice."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from api.errors import ApiError, Code
from api.renderers import iso_utc
from notifications import selectors, types
from notifications.models import Notification, Receipt
from notifications.services import counters
from notifications.services.removal import remove
from notifications.sql import rows
from notifications.topics import topic_of
from realtime import log
from realtime.publishing import publish, unit_of_work


@dataclass(frozen=True, slots=True)
class ReadAll:
    """How many were marked; `read_at` is None where there was none."""

    updated: int
    read_at: datetime | None


def mark_read(*, user_id: int, notification_id: int) -> Notification:
    """Mark one as read. Raises `ApiError` (NOT_FOUND) unless it is the user's and not deleted."""
    with unit_of_work():
        counters.hold([user_id])
        row = selectors.one(user_id, notification_id)
        if row is None:
            raise ApiError(Code.NOT_FOUND, "Not found")
        if row.read_at is None:
            row.read_at = timezone.now()
            moved = counters.Moved()
            if row.user_id is None:
                Receipt.objects.create(user_id=user_id, notification=row, read_at=row.read_at)
                moved.everyones(user_id, row.type, -1)
            else:
                row.save(update_fields=["read_at"])
                moved.own(user_id, row.type, -1)
            moved.apply()
            event = {"id": row.pk, "read_at": iso_utc(row.read_at)}
            publish(topic_of(user_id), "notification.read", event)
    return row


def mark_all_read(*, user_id: int) -> ReadAll:
    """Mark all as read that the user is shown at this moment.

    The event says up to which offset of the user's topic that is, and up to which id of what is
    everyone's. The head read here is right, although the append comes later: no notification gets
    an offset while the user is held. So is the id: broadcasts commit in the order of their ids.
    """
    with unit_of_work():
        counters.hold([user_id])
        now = timezone.now()
        own = selectors.unread_own(user_id).update(read_at=now)
        newest = selectors.newest_broadcast()
        everyones = rows.read_broadcasts(user_id=user_id, up_to=newest, at=now)
        if not own and not everyones:
            return ReadAll(0, None)
        # Nothing of it is muted: the category need not be known.
        moved = counters.Moved()
        moved.own(user_id, types.SYSTEM, -own)
        moved.everyones(user_id, types.SYSTEM, -everyones)
        moved.apply()
        topic = topic_of(user_id)
        head = log.heads([topic])[1].get(topic, 0)
        event = {"read_at": iso_utc(now), "up_to": head, "broadcasts_up_to": newest}
        publish(topic, "notification.read_all", event)
    return ReadAll(own + everyones, now)


def delete(*, user_id: int, notification_id: int) -> None:
    """Delete one. Raises `ApiError` (NOT_FOUND) unless it is, or was, the user's."""
    with unit_of_work():
        counters.hold([user_id])
        if Notification.objects.filter(pk=notification_id, user=user_id).exists():
            remove([notification_id])
            return
        if not selectors.was_sent_to(user_id, notification_id):
            raise ApiError(Code.NOT_FOUND, "Not found")
        row = selectors.one(user_id, notification_id)
        if row is not None:
            _delete_broadcast(user_id, row)


def _delete_broadcast(user_id: int, row: Notification) -> None:
    """For this user alone: the broadcast is everyone else's as before."""
    Receipt.objects.update_or_create(
        user_id=user_id, notification=row, defaults={"deleted_at": timezone.now()}
    )
    if row.read_at is None:
        moved = counters.Moved()
        moved.everyones(user_id, row.type, -1)
        moved.apply()
    publish(topic_of(user_id), "notification.deleted", {"id": row.pk})
