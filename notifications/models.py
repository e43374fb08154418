"""What is kept of notifications. Rows are deleted for their reader only: `deleted_at` is set.

Two things hold at every commit, because every writer of a user's notifications first locks that
user's `UnreadCounter` (services/counters.py): the counter is the number of that user's rows that
are neither read nor deleted, and ids grow in the order of the commits.
"""

import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import orjson
from django.conf import settings
from django.db import models
from django.db.models import Q

from notifications import limits

LIVE = Q(deleted_at=None)
UNREAD = LIVE & Q(read_at=None)
READ = LIVE & Q(read_at__isnull=False)


def _newest(name: str, condition: Q) -> Sequence[models.Index]:
    """For lists in the order of time: of all types, and of one."""
    return [
        models.Index(
            fields=["user", "created_at", "id"], condition=condition, name=f"notification_{name}"
        ),
        models.Index(
            fields=["user", "type", "created_at", "id"],
            condition=condition,
            name=f"notification_{name}_type",
        ),
    ]


class Status(StrEnum):
    """`status` of a notification."""

    UNREAD = "UNREAD"
    READ = "READ"


class Batch(models.Model):
    """What one `send` made. `sender` is `service:<name>` or `user:<id>`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sender = models.CharField(max_length=limits.SENDER_CHARS)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    # How many were sent; rows of users who are gone are gone.
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"{self.count} from {self.sender}"


class Notification(models.Model):
    """One notification of one user. "" stands for what the sender did not give."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="notifications")
    type = models.CharField(max_length=limits.TYPE_CHARS)
    title = models.CharField(max_length=limits.TITLE_CHARS)
    message = models.CharField(max_length=limits.MESSAGE_CHARS)
    link = models.CharField(max_length=limits.LINK_CHARS, blank=True)
    reference_id = models.CharField(max_length=limits.REFERENCE_CHARS, blank=True)
    reference_type = models.CharField(max_length=limits.REFERENCE_CHARS, blank=True)
    # JSON text as it came: jsonb would reorder the sender's keys, and would give 1e308 back as a
    # whole number of 309 digits, which no JSON writer takes.
    data_json = models.TextField(default="{}")
    collapse_key = models.CharField(max_length=limits.COLLAPSE_KEY_CHARS, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [("send_notification", "Can send notifications")]
        # The first page of every list, filtered or not, is the end of one of the first six, however
        # many rows a user has; the last two hold only the few rows that they are about. By time
        # and not by id: ordered by id, PostgreSQL walks the primary key back through everybody's.
        indexes = [
            *_newest("live", LIVE),
            *_newest("unread", UNREAD),
            *_newest("read", READ),
            models.Index(
                fields=["user", "collapse_key"],
                condition=UNREAD & ~Q(collapse_key=""),
                name="notification_collapse",
            ),
            models.Index(
                fields=["expires_at"],
                condition=LIVE & Q(expires_at__isnull=False),
                name="notification_expiry",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def status(self) -> Status:
        return Status.UNREAD if self.read_at is None else Status.READ

    @property
    def data(self) -> dict[str, Any]:
        """The sender's own object."""
        found: dict[str, Any] = orjson.loads(self.data_json)
        return found


class UnreadCounter(models.Model):
    """How many unread notifications a user has. `version` grows by one with each change of it.

    The row is also the lock of everything that is the user's here.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    unread = models.PositiveIntegerField()
    version = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.unread} of user {self.pk}"


class IdempotencyKey(models.Model):
    """The answer that a sender's key has had. `answer_json` is None until it is known."""

    principal = models.CharField(max_length=limits.SENDER_CHARS)
    key = models.CharField(max_length=limits.IDEMPOTENCY_KEY_CHARS)
    body_sha256 = models.CharField(max_length=64)
    # Text, so that the same bytes are answered again.
    answer_json = models.TextField(null=True)  # noqa: DJ001 - None is "not yet"
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["principal", "key"], name="one_answer_per_key")
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"
