"""Models of jobs. The row is always current; its events may follow a little later.

Every writer locks the job's row first, and publishes while it is locked. So a job's events are in
the order of its changes, and `updated_at` increases with each of them.
"""

from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from notifications import limits as shared
from notifications.jobs import limits


class Status(StrEnum):
    """`status` of a job. A service reports all but `stale`, which follows from its silence."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STALE = "stale"


# Not ended, as far as is known.
ACTIVE = (Status.QUEUED, Status.RUNNING)
# Final: these never change again.
FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


def _texts(statuses: tuple[Status, ...]) -> list[str]:
    # Plain strings, as migrations contain them.
    return [str(status) for status in statuses]


class Job(models.Model):
    """Something that users wait for. "" stands for omitted fields."""

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
    # The type of the notification at the end; "" for the default.
    type = models.CharField(max_length=shared.TYPE_CHARS, blank=True)
    status = models.CharField(
        max_length=limits.STATUS_CHARS, choices=[(str(each), str(each)) for each in Status]
    )
    progress = models.FloatField(default=0.0)
    created_at = models.DateTimeField()
    # The time of the last visible change.
    updated_at = models.DateTimeField()
    # The time of the last report, up to `limits.sign_of_life_every()` too early.
    reported_at = models.DateTimeField()
    # The number of events published, including the one of its creation.
    told = models.PositiveIntegerField(default=1)
    # Changes before this are held back; `held` is whether there are any.
    quiet_until = models.DateTimeField()
    held = models.BooleanField(default=False)
    # When a recipient first asked to cancel. The service decides how the job ends.
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
        """Return the ids of all recipients, in the order given by the service."""
        others = sorted(self.others.all(), key=lambda other: other.pk)
        return [self.user_id, *(other.user_id for other in others)]

    def set(self, **values: Any) -> set[str]:
        """Set fields in memory. Returns the names of those that changed."""
        changed = {name for name, value in values.items() if getattr(self, name) != value}
        for name in changed:
            setattr(self, name, values[name])
        return changed


class JobRecipient(models.Model):
    """A recipient of a job other than its first."""

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
