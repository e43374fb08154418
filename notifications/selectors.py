"""Queries for notifications."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet

from accounts.models import User
from api.limits import MAX_ID
from notifications import limits, types
from notifications.models import (
    LIVE,
    UNREAD,
    Batch,
    Broadcast,
    MutedCategory,
    Notification,
    Receipt,
    UnreadCounter,
)
from notifications.sql import broadcasts, counters
from notifications.sql.run import InValues


@dataclass(frozen=True, slots=True)
class Unread:
    """A user's unread count; of two, the one with the higher version is right.

    `unsettled` is the number of changes of broadcasts that the count had to add up.
    """

    count: int
    version: int
    unsettled: int = 0

    @property
    def is_unsettled(self) -> bool:
        """Whether settling would make the next count cheaper."""
        return self.unsettled > limits.UNSETTLED


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch, and how many recipients have read and deleted it."""

    batch_id: str
    count: int
    read: int
    deleted: int


# --- a user's own, and broadcasts ---------------------------------------------------------------


def live(user_id: int) -> QuerySet[Notification]:
    """Return the user's own notifications that are not deleted."""
    return Notification.objects.filter(LIVE, user=user_id)


def own_unread(user_id: int) -> QuerySet[Notification]:
    """Return the user's own that are unread and not muted."""
    rows = live(user_id).filter(read_at=None)
    muted_types = _types_of(muted(user_id))
    return rows.exclude(type__in=muted_types) if muted_types else rows


def unread_about(
    user_id: int, *, type_name: str, reference_type: str, reference_id: str
) -> list[Notification]:
    """Return the user's own unread ones of a type with the same reference, muted or not."""
    rows = live(user_id).filter(read_at=None, type=type_name)
    return list(rows.filter(reference_type=reference_type, reference_id=reference_id))


def was_sent_to(user_id: int, notification_id: int) -> bool:
    """Whether it is a broadcast, withdrawn or not, that was sent after the user was created."""
    if notification_id > MAX_ID:
        return False
    return broadcasts.belonging(user_id, [notification_id]).get(notification_id, False)


def find(user_id: int, notification_id: int) -> Notification | None:
    """Return the user's notification, or a broadcast with this user's state; None if it is
    deleted.
    """
    own = live(user_id).filter(pk=notification_id).first()
    if own is not None or not was_sent_to(user_id, notification_id):
        return own
    row = Notification.objects.filter(LIVE, pk=notification_id).first()
    receipt = Receipt.objects.filter(user=user_id, notification=notification_id).first()
    if row is None or (receipt is not None and receipt.deleted_at is not None):
        return None
    row.read_at = receipt.read_at if receipt else None
    return row


def newest_broadcast(*, sent_by: datetime | None = None) -> int:
    """Return the id of the newest broadcast (sent by a time), 0 if there is none."""
    rows = (
        Broadcast.objects.all()
        if sent_by is None
        else Broadcast.objects.filter(created_at__lte=sent_by)
    )
    newest: int | None = rows.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


@dataclass(frozen=True, slots=True)
class Joined:
    """When a user was created: an offset of the topic `broadcast`, or else a Unix time."""

    offset: int | None
    at: float


def joined(user_id: int) -> Joined | None:
    """Return when the user was created; None if there is no such user."""
    date = User.objects.filter(pk=user_id).values_list("date_joined", flat=True).first()
    if date is None:
        return None
    counter = UnreadCounter.objects.filter(user=user_id)
    return Joined(counter.values_list("joined_offset", flat=True).first(), date.timestamp())


# --- preferences ---------------------------------------------------------------------------------


def muted(user_id: int) -> set[str]:
    """Return the categories that the user has switched off."""
    return set(MutedCategory.objects.filter(user=user_id).values_list("category", flat=True))


def preferences(user_id: int) -> dict[str, bool]:
    """Return every category, and whether it is on."""
    off = muted(user_id)
    return {category: category not in off for category in types.categories()}


def _types_of(categories: Collection[str]) -> list[str]:
    return [one.name for one in types.registered().values() if one.category in categories]


# --- language ------------------------------------------------------------------------------------


def language_of(user_id: int) -> str:
    """Return the user's language; the default if it is unknown."""
    language = User.objects.filter(pk=user_id).values_list("language", flat=True).first()
    return language or settings.LANGUAGE_CODE


# --- counts --------------------------------------------------------------------------------------


def unread(user_id: int) -> Unread:
    """Return the user's unread count."""
    return unread_of([user_id])[user_id]


def unread_of(users: Collection[int]) -> dict[int, Unread]:
    """Return the unread count of each user, in one query."""
    found = {row[0]: Unread(*row[1:]) for row in counters.unread(users)}
    return {user_id: found.get(user_id, Unread(0, 0)) for user_id in users}


# --- what was sent -------------------------------------------------------------------------------


def sent(*, sender: str, batch_id: uuid.UUID) -> Sent | None:
    """Return the state of the sender's batch; None if it is not theirs. Deleted ones may be
    read.
    """
    batch = Batch.objects.filter(pk=batch_id, sender=sender).first()
    if batch is None:
        return None
    read, deleted = _tally(batch)
    return Sent(str(batch.pk), batch.count, read, deleted)


def _tally(batch: Batch) -> tuple[int, int]:
    tally = Notification.objects.filter(batch=batch).aggregate(
        read=Count("id", filter=Q(read_at__isnull=False)),
        deleted=Count("id", filter=Q(deleted_at__isnull=False)),
    )
    everyones = Receipt.objects.filter(notification__batch=batch).aggregate(
        read=Count("id", filter=Q(read_at__isnull=False)),
        deleted=Count("id", filter=Q(deleted_at__isnull=False)),
    )
    return tally["read"] + everyones["read"], tally["deleted"] + everyones["deleted"]


def replaceable(pairs: Collection[tuple[int, str]]) -> list[int]:
    """Return the ids of unread notifications by `(user, collapse key)`."""
    if not pairs:
        return []
    users, collapse_keys = zip(*pairs, strict=True)
    rows = Notification.objects.filter(
        UNREAD, InValues("user_id", set(users)), InValues("collapse_key", set(collapse_keys))
    )
    found = rows.values_list("pk", "user_id", "collapse_key")
    return [row_id for row_id, user_id, key in found if (user_id, key) in pairs]


def replaceable_broadcasts(collapse_key: str) -> list[int]:
    """Return the ids of broadcasts with this key that are not withdrawn."""
    rows = Notification.objects.filter(LIVE, user=None, collapse_key=collapse_key)
    return list(rows.values_list("pk", flat=True))


def remaining_notifications(batch: Batch) -> Sequence[tuple[int, int | None]]:
    """Return `(id, user_id)` of a batch's notifications that are not deleted; None is everyone."""
    return list(Notification.objects.filter(LIVE, batch=batch).values_list("pk", "user_id"))


def expired(*, at: datetime, limit: int) -> Sequence[tuple[int, int | None]]:
    """Return `(id, user_id)` of at most `limit` expired ones, the oldest first."""
    rows = Notification.objects.filter(LIVE, expires_at__lte=at).order_by("expires_at")
    return list(rows.values_list("pk", "user_id")[:limit])
