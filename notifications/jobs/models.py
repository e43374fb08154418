"""What is kept of jobs: the row is always the whole truth, its events may come a little later.

Whoever changes a job locks its row first, and publishes while it is locked. So the events of a job
stand in the order of its changes, and `updated_at` grows from each to the next.
"""

from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from notifications import limits as shared
from notifications.jobs import limits


class Status(StrEnum):
    """`status` of a job. A service reports all but `stale`, which silence makes."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STALE = "stale"


# What the user still waits for, as far as anybody knows.
ACTIVE = (Status.QUEUED, Status.RUNNING)
# What never changes again.
FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


def _texts(statuses: tuple[Status, ...]) -> list[str]:
    # Plain texts: this is written into migrations.
    return [str(status) for status in statuses]


class Job(models.Model):
    """Something that users wait for. "" stands for what the service did not give."""

    # The first recipient; most jobs have no other (`JobRecipient`). The lists' indexes begin with
    # it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="jobs", db_index=False
    )
    # `service:<name>`, as in a batch.
    sender = models.CharField(max_length=shared.SENDER_CHARS)
    title = models.CharField(max_length=shared.TITLE_CHARS)
    message = models.CharField(max_length=shared.MESSAGE_CHARS, blank=True)
    link = models.CharField(max_length=shared.LINK_CHARS, blank=True)
    # What the notification at the end is; "" for the usual ones.
    type = models.CharField(max_length=shared.TYPE_CHARS, blank=True)
    status = models.CharField(
        max_length=limits.STATUS_CHARS, choices=[(str(each), str(each)) for each in Status]
    )
    progress = models.FloatField(default=0.0)
    created_at = models.DateTimeField()
    # When what is shown of it changed last.
    updated_at = models.DateTimeField()
    # When the service was heard of last, up to `limits.sign_of_life_every()` too early.
    reported_at = models.DateTimeField()
    # How many events it has had; the first tells that it was made.
    told = models.PositiveIntegerField(default=1)
    # Changes before this are held back, and whether there are any.
    quiet_until = models.DateTimeField()
    held = models.BooleanField(default=False)
    # When the first recipient asked for its end. Its service decides what becomes of it.
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "created_at", "id"], name="job_of_user"),
            models.Index(
                fields=["user", "created_at", "id"],
                condition=Q(status__in=_texts(ACTIVE)),
                name="job_active",
            ),
            models.Index(fields=["sender", "created_at", "id"], name="job_of_sender"),
            models.Index(
                fields=["reported_at"],
                condition=Q(status__in=_texts(ACTIVE)),
                name="job_silent",
            ),
            models.Index(fields=["quiet_until"], condition=Q(held=True), name="job_held"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def recipient_ids(self) -> list[int]:
        """All who wait for it, in the order in which the service named them."""
        others = sorted(self.others.all(), key=lambda other: other.pk)
        return [self.user_id, *(other.user_id for other in others)]

    def set(self, **values: Any) -> set[str]:
        """Set fields, in memory; the names of those that are another than before."""
        changed = {name for name, value in values.items() if getattr(self, name) != value}
        for name in changed:
            setattr(self, name, values[name])
        return changed


class JobRecipient(models.Model):
    """A recipient of a job beside its first."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="others")
    # The unique constraint's index begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "job"], name="job_recipient_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} of job {self.job_id}"
