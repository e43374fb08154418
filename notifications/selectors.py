"""Reading notifications."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from notifications.models import LIVE, UNREAD, Batch, Notification, Status, UnreadCounter
from notifications.sql import Among


@dataclass(frozen=True, slots=True)
class Unread:
    """A user's unread count; of two, the one with the higher version is right."""

    count: int
    version: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch and what its recipients have done with it."""

    batch_id: str
    count: int
    read: int
    deleted: int


def live(user_id: int) -> QuerySet[Notification]:
    """The user's notifications that are not deleted."""
    return Notification.objects.filter(LIVE, user=user_id)


def inbox(
    user_id: int, *, status: Status | None = None, type_name: str | None = None
) -> QuerySet[Notification]:
    """The user's list, newest first."""
    rows = live(user_id).order_by("-created_at", "-id")
    if status is not None:
        rows = rows.filter(read_at__isnull=status is Status.UNREAD)
    return rows if type_name is None else rows.filter(type=type_name)


def unread(user_id: int) -> Unread:
    """The user's unread count, in one row."""
    return unread_of([user_id])[user_id]


def unread_of(users: Collection[int]) -> dict[int, Unread]:
    """The same for many, in one query; nobody is left out."""
    rows = UnreadCounter.objects.filter(Among("user_id", users))
    found = {row.user_id: Unread(row.unread, row.version) for row in rows}
    return {user_id: found.get(user_id, Unread(0, 0)) for user_id in users}


def sent(*, sender: str, batch_id: uuid.UUID) -> Sent | None:
    """How far the sender's batch has come; None unless it is theirs. Deleted ones may be read."""
    batch = Batch.objects.filter(pk=batch_id, sender=sender).first()
    if batch is None:
        return None
    tally = Notification.objects.filter(batch=batch).aggregate(
        read=Count("id", filter=Q(read_at__isnull=False)),
        deleted=Count("id", filter=Q(deleted_at__isnull=False)),
    )
    return Sent(str(batch.pk), batch.count, tally["read"], tally["deleted"])


def replaceable(users: Collection[int], collapse_key: str) -> list[int]:
    """Ids of the users' unread notifications with this key."""
    rows = Notification.objects.filter(UNREAD, Among("user_id", users), collapse_key=collapse_key)
    return list(rows.values_list("pk", flat=True))


def left_of(batch: Batch) -> Sequence[tuple[int, int]]:
    """`(id, user_id)` of what is not deleted of a batch."""
    return list(Notification.objects.filter(LIVE, batch=batch).values_list("pk", "user_id"))


def expired(*, at: datetime, limit: int) -> Sequence[tuple[int, int]]:
    """`(id, user_id)` of at most `limit` that have expired, the oldest first."""
    rows = Notification.objects.filter(LIVE, expires_at__lte=at).order_by("expires_at")
    return list(rows.values_list("pk", "user_id")[:limit])
