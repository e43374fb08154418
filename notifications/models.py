"""What is kept of notifications. Rows are deleted for their reader only: `deleted_at` is set.

A notification to everyone (a broadcast) is one row without a user, with a `Broadcast` beside it. It
belongs to everyone who existed when it was sent; a `Receipt` is made once somebody acts on it.

Two things hold at every commit, because every writer of a user's notifications first locks that
user's `UnreadCounter`, and every writer of broadcasts the `BroadcastClock` (services/counters.py):
the counter is the number of what the user is shown and has neither read nor deleted, and ids grow
in the order of the commits, of one user's notifications and of broadcasts.
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
# True of all, and said by those alone who want everybody's: an index with this condition does not
# tempt the planner, for one user's page, to walk back through everybody's.
EVERYBODYS = Q(id__gt=0)


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
    """What one `send` made. `sender` is `service:<name>`, `user:<id>` or `rooms:<message>`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sender = models.CharField(max_length=limits.SENDER_CHARS)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    # How many were sent; rows of users who are gone are gone.
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "batches"
        # The admin's list, and one sender's.
        indexes = [
            models.Index(fields=["created_at", "id"], name="batch_newest"),
            models.Index(fields=["sender", "created_at", "id"], name="batch_sender"),
        ]

    def __str__(self) -> str:
        return f"{self.count} from {self.sender}"


class Notification(models.Model):
    """One notification of one user, or of everyone. "" stands for what the sender did not give."""

    # None: it is everyone's. So ids are unique over both kinds.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notifications"
    )
    # Its index is one of those below.
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="notifications", db_index=False)
    type = models.CharField(max_length=limits.TYPE_CHARS)
    title = models.CharField(max_length=limits.TITLE_CHARS)
    message = models.CharField(max_length=limits.MESSAGE_CHARS)
    link = models.CharField(max_length=limits.LINK_CHARS, blank=True)
    reference_id = models.CharField(max_length=limits.REFERENCE_CHARS, blank=True)
    reference_type = models.CharField(max_length=limits.REFERENCE_CHARS, blank=True)
    # JSON text as it came: jsonb would reorder the sender's keys, and would give 1e308 back as a
    # whole number of 309 digits, which no JSON writer takes.
    data_json = models.TextField(default="{}")
    # What `title` and `message` were made from where the server wrote them: `{field: template}` of
    # notifications/texts.py. None in rows from before it was kept.
    templates = models.JSONField(null=True, blank=True)
    collapse_key = models.CharField(max_length=limits.COLLAPSE_KEY_CHARS, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # When its text was changed after it was sent; then its topic has events `notification.updated`.
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Its event `notification` stands closely behind this offset of its topic: there it is looked
    # for when its text has to leave the log, however long that is. None: not known.
    logged_after = models.PositiveBigIntegerField(null=True, editable=False)

    class Meta:
        permissions = [("send_notification", "Can send notifications")]
        # The first page of every list, filtered or not, is the end of one of the first six, however
        # many rows a user has; the next three hold only the few rows that they are about. By time
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
                fields=["collapse_key"],
                condition=LIVE & Q(user=None) & ~Q(collapse_key=""),
                name="broadcast_collapse",
            ),
            models.Index(
                fields=["expires_at"],
                condition=LIVE & Q(expires_at__isnull=False),
                name="notification_expiry",
            ),
            # The admin's lists of everybody's: of a batch, of what is gone, of a day, of a type.
            # The charts read the third.
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
        """The sender's own object."""
        found: dict[str, Any] = orjson.loads(self.data_json)
        return found


class Broadcast(models.Model):
    """That a notification is everyone's, and what the counts need of it, in a narrow row.

    `sent` and `withdrawn` are times of the `BroadcastClock`. Withdrawn by its sender, by expiry or
    by a newer one with the same collapse key, it is nobody's any more.
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
    """One row, whose `time` grows by one with each broadcast and each withdrawal.

    Who changes broadcasts locks it, so that they commit in the order of their times and ids.
    """

    time = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.time)


class Receipt(models.Model):
    """What a user has done with a broadcast. Without one it is unread."""

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
    """How many unread notifications a user has, in categories that are not muted.

    `unread` are the user's own, `broadcasts` those of everyone, as counted at the time `settled` of
    the `BroadcastClock`: what was sent and withdrawn since is added when the count is read, so that
    a broadcast writes nothing for anybody (sql/counters.py). `joined` is that clock's time when the
    user was made, and `joined_offset` the head of the topic `broadcast`: what was sent later is
    theirs, whatever the machines' clocks say. None: made before this was kept, or past the program;
    then times of day are compared. `version` grows by one with each change of the row.
    The row is also the lock of everything that is the user's here.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    unread = models.PositiveIntegerField()
    # Below zero while what the user has read was sent after `settled`.
    broadcasts = models.BigIntegerField(default=0, db_default=0)
    settled = models.PositiveBigIntegerField(default=0, db_default=0)
    joined = models.PositiveBigIntegerField(null=True, blank=True)
    joined_offset = models.PositiveBigIntegerField(null=True, blank=True)
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
