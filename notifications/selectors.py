"""Reading notifications."""

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

    `unsettled`: how many changes of broadcasts the count had to look at.
    """

    count: int
    version: int
    unsettled: int = 0

    @property
    def is_unsettled(self) -> bool:
        """Whether counting everyone's anew would make the next count cheaper."""
        return self.unsettled > limits.UNSETTLED


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch and what its recipients have done with it."""

    batch_id: str
    count: int
    read: int
    deleted: int


# --- one's own, and everyone's -------------------------------------------------------------------


def live(user_id: int) -> QuerySet[Notification]:
    """The user's own notifications that are not deleted."""
    return Notification.objects.filter(LIVE, user=user_id)


def unread_own(user_id: int) -> QuerySet[Notification]:
    """The user's own that are unread and not muted."""
    rows = live(user_id).filter(read_at=None)
    left_out = _types_of(muted(user_id))
    return rows.exclude(type__in=left_out) if left_out else rows


def unread_about(
    user_id: int, *, type_name: str, reference_type: str, reference_id: str
) -> list[Notification]:
    """The user's own unread ones of a type that refer to one thing, muted or not."""
    rows = live(user_id).filter(read_at=None, type=type_name)
    return list(rows.filter(reference_type=reference_type, reference_id=reference_id))


def was_sent_to(user_id: int, notification_id: int) -> bool:
    """Whether this is a broadcast, withdrawn or not, from when the user existed."""
    if notification_id > MAX_ID:
        return False
    return broadcasts.belonging(user_id, [notification_id]).get(notification_id, False)


def one(user_id: int, notification_id: int) -> Notification | None:
    """The user's notification, or a broadcast as this user sees it; None if it is deleted."""
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
    """The id of the newest broadcast (that was sent by a time), 0 if there was none."""
    rows = (
        Broadcast.objects.all()
        if sent_by is None
        else Broadcast.objects.filter(created_at__lte=sent_by)
    )
    newest: int | None = rows.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


@dataclass(frozen=True, slots=True)
class Joined:
    """When a user was made: at this offset of the topic `broadcast`, or else at this unix time."""

    offset: int | None
    at: float


def joined(user_id: int) -> Joined | None:
    """When the user was made; None if there is no such user."""
    date = User.objects.filter(pk=user_id).values_list("date_joined", flat=True).first()
    if date is None:
        return None
    counter = UnreadCounter.objects.filter(user=user_id)
    return Joined(counter.values_list("joined_offset", flat=True).first(), date.timestamp())


# --- preferences ---------------------------------------------------------------------------------


def muted(user_id: int) -> set[str]:
    """The categories that the user has switched off."""
    return set(MutedCategory.objects.filter(user=user_id).values_list("category", flat=True))


def preferences(user_id: int) -> dict[str, bool]:
    """Every category, and whether it is on."""
    off = muted(user_id)
    return {category: category not in off for category in types.categories()}


def _types_of(categories: Collection[str]) -> list[str]:
    return [one.name for one in types.registered().values() if one.category in categories]


# --- language ------------------------------------------------------------------------------------


def language_of(user_id: int) -> str:
    """The language that a user reads in; the default where none is known."""
    language = User.objects.filter(pk=user_id).values_list("language", flat=True).first()
    return language or settings.LANGUAGE_CODE


# --- counts --------------------------------------------------------------------------------------


def unread(user_id: int) -> Unread:
    """The user's unread count."""
    return unread_of([user_id])[user_id]


def unread_of(users: Collection[int]) -> dict[int, Unread]:
    """The same for many, in one query; nobody is left out."""
    found = {row[0]: Unread(*row[1:]) for row in counters.unread(users)}
    return {user_id: found.get(user_id, Unread(0, 0)) for user_id in users}


# --- what was sent -------------------------------------------------------------------------------


def sent(*, sender: str, batch_id: uuid.UUID) -> Sent | None:
    """How far the sender's batch has come; None unless it is theirs. Deleted ones may be read."""
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


def replaceable(users: Collection[int], collapse_key: str) -> list[int]:
    """Ids of the users' unread notifications with this key."""
    rows = Notification.objects.filter(
        UNREAD, InValues("user_id", users), collapse_key=collapse_key
    )
    return list(rows.values_list("pk", flat=True))


def replaceable_broadcasts(collapse_key: str) -> list[int]:
    """Ids of the broadcasts with this key that are not withdrawn."""
    rows = Notification.objects.filter(LIVE, user=None, collapse_key=collapse_key)
    return list(rows.values_list("pk", flat=True))


def left_of(batch: Batch) -> Sequence[tuple[int, int | None]]:
    """`(id, user_id)` of what is not deleted of a batch; None is everyone."""
    return list(Notification.objects.filter(LIVE, batch=batch).values_list("pk", "user_id"))


def expired(*, at: datetime, limit: int) -> Sequence[tuple[int, int | None]]:
    """`(id, user_id)` of at most `limit` that have expired, the oldest first."""
    rows = Notification.objects.filter(LIVE, expires_at__lte=at).order_by("expires_at")
    return list(rows.values_list("pk", "user_id")[:limit])
