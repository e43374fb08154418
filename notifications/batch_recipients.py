"""The recipients of a batch and what they have done, for a list of users and for everyone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from notifications.models import Batch, Notification, Receipt
from notifications.sql import broadcasts

PER_PAGE = 100


class State(StrEnum):
    """What a recipient has done. Deleted includes revoked, read or not."""

    READ = "read"
    UNREAD = "unread"
    DELETED = "deleted"


_CONDITIONS = {
    State.READ: Q(read_at__isnull=False),
    State.UNREAD: Q(read_at=None, deleted_at=None),
    State.DELETED: Q(deleted_at__isnull=False),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of recipients by state. One who has read and then deleted it counts in both."""

    recipients: int
    read: int
    unread: int
    deleted: int

    def of(self, state: State) -> int:
        """Return the number in a state."""
        count: int = getattr(self, state)
        return count

    @property
    def read_percent(self) -> int:
        """Return the percentage of recipients who have read it."""
        return round(100 * self.read / self.recipients) if self.recipients else 0


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient, and when they acted."""

    user_id: int
    username: str
    read_at: datetime | None
    deleted_at: datetime | None


def broadcast_of(batch: Batch) -> Notification | None:
    """Return the batch's notification to everyone, if it was a broadcast."""
    return Notification.objects.filter(batch=batch, user=None).first()


def tally(batch: Batch) -> Tally:
    """Count the batch's own rows, or the receipts of a broadcast."""
    everyones = broadcast_of(batch)
    counts = {
        state.value: Count("pk", filter=condition) for state, condition in _CONDITIONS.items()
    }
    if everyones is None:
        rows = Notification.objects.filter(batch=batch)
        return Tally(**rows.aggregate(recipients=Count("pk"), **counts))
    acted = Receipt.objects.filter(notification=everyones).aggregate(total=Count("pk"), **counts)
    # It belongs to everyone who existed when it was sent.
    recipients = broadcasts.recipients(everyones.pk)
    if everyones.deleted_at is not None:
        return Tally(recipients, acted["read"], 0, recipients)
    return Tally(recipients, acted["read"], recipients - acted["total"], acted["deleted"])


def page_of(batch: Batch, state: State, page: int) -> Sequence[Recipient]:
    """Return a page, from 1, of the recipients in `state`, latest action first.

    For a broadcast, only users who have acted are known.
    """
    everyones = broadcast_of(batch)
    rows: QuerySet[Any]
    if everyones is None:
        rows = Notification.objects.filter(batch=batch)
    else:
        rows = Receipt.objects.filter(notification=everyones)
    latest = {
        State.READ: (F("read_at").desc(), "user_id"),
        State.UNREAD: ("user_id",),
        State.DELETED: (F("deleted_at").desc(), "user_id"),
    }[state]
    found = rows.filter(_CONDITIONS[state]).order_by(*latest)
    start = (page - 1) * PER_PAGE
    values = found.values_list("user_id", "user__username", "read_at", "deleted_at")
    return [Recipient(*row) for row in values[start : start + PER_PAGE]]
