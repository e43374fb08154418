"""What users do with their own notifications. All of it may be done twice."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from api.errors import ApiError, Code
from api.renderers import iso_utc
from notifications import selectors
from notifications.models import Notification, Status
from notifications.services import counters
from notifications.services.removal import remove
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
        row = selectors.live(user_id).filter(pk=notification_id).first()
        if row is None:
            raise ApiError(Code.NOT_FOUND, "Not found")
        if row.read_at is None:
            row.read_at = timezone.now()
            row.save(update_fields=["read_at"])
            counters.change({user_id: -1})
            event = {"id": row.pk, "read_at": iso_utc(row.read_at)}
            publish(topic_of(user_id), "notification.read", event)
    return row


def mark_all_read(*, user_id: int) -> ReadAll:
    """Mark all as read that the user has at this moment.

    The event says up to which offset of the user's topic that is. The head read here is right,
    although the append comes later: no notification gets an offset while the user is held.
    """
    with unit_of_work():
        counters.hold([user_id])
        now = timezone.now()
        updated = selectors.inbox(user_id, status=Status.UNREAD).update(read_at=now)
        if not updated:
            return ReadAll(0, None)
        counters.change({user_id: -updated})
        topic = topic_of(user_id)
        head = log.heads([topic])[1].get(topic, 0)
        publish(topic, "notification.read_all", {"read_at": iso_utc(now), "up_to": head})
    return ReadAll(updated, now)


def delete(*, user_id: int, notification_id: int) -> None:
    """Delete one. Raises `ApiError` (NOT_FOUND) unless it is, or was, the user's."""
    with unit_of_work():
        counters.hold([user_id])
        if not Notification.objects.filter(pk=notification_id, user=user_id).exists():
            raise ApiError(Code.NOT_FOUND, "Not found")
        remove([notification_id])
