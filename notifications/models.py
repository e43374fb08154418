"""Models of notifications. Rows are deleted for their user only: `deleted_at` is set.

A notification to everyone (a broadcast) is one row without a user, with a `Broadcast` beside it. It
belongs to everyone who existed when it was sent; a user gets a `Receipt` when they act on it.

Two invariants hold at every commit, because every writer of a user's notifications first locks that
user's `UnreadCounter`, and every writer of broadcasts the `BroadcastClock` (services/counters.py):
the counter equals the number of visible, unread notifications, and ids increase in the order of the
commits, for one user's notifications and for broadcasts.
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
from notifications.jobs.models import Job  # noqa: F401 - Django looks for the app's tables here

LIVE = Q(deleted_at=None)
UNREAD = LIVE & Q(read_at=None)
GONE = Q(deleted_at__isnull=False)
READ = LIVE & Q(read_at__isnull=False)
# True of all rows; only queries over all users use it. The planner is thus not tempted to use an
# index with this condition for one user's page, walking back through all users' rows.
EVERYBODYS = Q(id__gt=0)


def _newest(name: str, condition: Q) -> Sequence[models.Index]:
    """Return indexes for lists by time: of all types, and of one."""
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
    """The result of one `send`. `sender` is `service:<name>`, `user:<id>` or `rooms:<message>`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sender = models.CharField(max_length=limits.SENDER_CHARS)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The number sent; rows of deleted users are deleted.
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "batches"
        # For the admin's list, and for that of one sender.
        indexes = [
            models.Index(fields=["created_at", "id"], name="batch_newest"),
            models.Index(fields=["sender", "created_at", "id"], name="batch_sender"),
        ]

    def __str__(self) -> str:
        return f"{self.count} from {self.sender}"


class Notification(models.Model):
    """A notification of one user, or of everyone. "" stands for omitted fields."""

    # None for everyone. So ids are unique over both kinds.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notifications"
    )
    # One of the indexes below covers it.
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="notifications", db_index=False)
    type = models.CharField(max_length=limits.TYPE_CHARS)
    title = models.CharField(max_length=limits.TITLE_CHARS)
    message = models.CharField(max_length=limits.MESSAGE_CHARS)
    link = models.CharField(max_length=limits.LINK_CHARS, blank=True)
    reference_id = models.CharField(max_length=limits.REFERENCE_CHARS, blank=True)
    reference_type = models.CharField(max_length=limits.REFERENCE_CHARS, blank=True)
    # The original JSON text: jsonb would reorder the sender's keys, and would return 1e308 as a
    # whole number of 309 digits, which no JSON library accepts.
    data_json = models.TextField(default="{}")
    # The templates of a `title` and `message` written by the server: `{field: template}` of
    # notifications/texts.py. None in rows from before templates were stored.
    templates = models.JSONField(null=True, blank=True)
    collapse_key = models.CharField(max_length=limits.COLLAPSE_KEY_CHARS, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # When its text was changed after sending; its topic then has events `notification.updated`.
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Its event `notification` closely follows this offset of its topic: the search for it starts
    # here when its text has to be removed from the log. None: not known.
    logged_after = models.PositiveBigIntegerField(null=True, editable=False)

    class Meta:
        permissions = [("send_notification", "Can send notifications")]
        # The first page of every list, filtered or not, is the end of one of the first six, however
        # many rows a user has; the next three contain only the few rows that they are about. By
        # time rather than id: ordered by id, PostgreSQL walks the primary key back through all
        # users' rows.
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
                fields=["collapse_key"],
                condition=LIVE & Q(user=None) & ~Q(collapse_key=""),
                name="broadcast_collapse",
            ),
            models.Index(
                fields=["expires_at"],
                condition=LIVE & Q(expires_at__isnull=False),
                name="notification_expiry",
            ),
            # The admin's lists over all users: of a batch, of deleted ones, of a day, of a type.
            # The charts use the third.
            models.Index(fields=["batch", "created_at", "id"], name="notification_batch"),
            models.Index(fields=["created_at", "id"], condition=GONE, name="notification_deleted"),
            models.Index(fields=["created_at", "id"], condition=EVERYBODYS, name="everybodys"),
            models.Index(
                fields=["type", "created_at", "id"], condition=EVERYBODYS, name="everybodys_type"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def status(self) -> Status:
        return Status.UNREAD if self.read_at is None else Status.READ

    @property
    def data(self) -> dict[str, Any]:
        """Return the sender's own object."""
        found: dict[str, Any] = orjson.loads(self.data_json)
        return found


class Broadcast(models.Model):
    """Marks a notification as everyone's; a narrow row with the columns for counting.

    `sent` and `withdrawn` are times of the `BroadcastClock`. Withdrawn by its sender, by expiry or
    by a newer one with the same collapse key, it belongs to nobody any more.
    """

    notification = models.OneToOneField(
        Notification, models.CASCADE, primary_key=True, related_name="broadcast"
    )
    category = models.CharField(max_length=limits.CATEGORY_CHARS)
    created_at = models.DateTimeField()
    sent = models.PositiveBigIntegerField()
    withdrawn = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["sent"], name="broadcast_sent"),
            models.Index(
                fields=["withdrawn"],
                condition=Q(withdrawn__isnull=False),
                name="broadcast_withdrawn",
            ),
            models.Index(
                fields=["created_at", "notification"],
                condition=Q(withdrawn=None),
                name="broadcast_newest",
            ),
            models.Index(
                fields=["category", "created_at", "notification"],
                condition=Q(withdrawn=None),
                name="broadcast_category",
            ),
        ]

    def __str__(self) -> str:
        return f"broadcast {self.pk}"


class BroadcastClock(models.Model):
    """One row, whose `time` increases by one with each broadcast and each withdrawal.

    Writers of broadcasts lock it, so that they commit in the order of their times and ids.
    """

    time = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.time)


class Receipt(models.Model):
    """A user's read and deletion of a broadcast. Without one it is unread."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    notification = models.ForeignKey(Notification, models.CASCADE, related_name="receipts")
    read_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "notification"], name="one_receipt_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.notification_id} of user {self.user_id}"


class MutedCategory(models.Model):
    """A category that a user has switched off: neither listed, counted nor pushed meanwhile."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    category = models.CharField(max_length=limits.CATEGORY_CHARS)

    class Meta:
        verbose_name_plural = "muted categories"
        constraints = [
            models.UniqueConstraint(fields=["user", "category"], name="muted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.category} of user {self.user_id}"


class UnreadCounter(models.Model):
    """A user's number of unread notifications, in categories that are not muted.

    `unread` counts the user's own, `broadcasts` those to everyone as of the time `settled` of the
    `BroadcastClock`: later ones sent and withdrawn are added up when the count is read, so that a
    broadcast writes no counters (sql/counters.py). `joined` is that clock's time when the user was
    created, and `joined_offset` the head of the topic `broadcast`: later broadcasts are the user's,
    whatever the machines' clocks are. Both are None for users created before they were stored, or
    by other programs; then times of day are compared. `version` increases by one with each change
    of the row. The row is also the lock of all of the user's notifications.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    unread = models.PositiveIntegerField()
    # Negative while the user has read broadcasts sent after `settled`.
    broadcasts = models.BigIntegerField(default=0, db_default=0)
    settled = models.PositiveBigIntegerField(default=0, db_default=0)
    joined = models.PositiveBigIntegerField(null=True, blank=True)
    joined_offset = models.PositiveBigIntegerField(null=True, blank=True)
    version = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.unread} of user {self.pk}"


class IdempotencyKey(models.Model):
    """The response to a sender's key. `answer_json` is None until it is known."""

    principal = models.CharField(max_length=limits.SENDER_CHARS)
    key = models.CharField(max_length=limits.IDEMPOTENCY_KEY_CHARS)
    body_sha256 = models.CharField(max_length=64)
    # Text, so that the repeated response has the same bytes.
    answer_json = models.TextField(null=True)  # noqa: DJ001 - None is "not yet"
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["principal", "key"], name="one_answer_per_key")
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"
