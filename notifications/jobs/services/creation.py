"""Creation of jobs by services."""

from dataclasses import dataclass

from notifications.jobs import payload
from notifications.jobs.models import Job, JobRecipient, Status
from notifications.jobs.services import progress_events
from notifications.payload import Payload
from notifications.services import Once, Recipients, idempotency
from notifications.services.recipients import resolve
from realtime import database_now, unit_of_work


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """The first state of a job. `type`, if given, is a registered notification type."""

    title: str
    type: str = ""
    status: Status = Status.QUEUED
    progress: float = 0.0
    message: str = ""
    link: str = ""


def create(*, sender: str, to: Recipients, job: NewJob, once: Once | None = None) -> Payload:
    """Create a job for all its recipients; with `once`, only at the first use of the key.

    Returns the job as it was when created. Raises `ApiError`: INVALID for an unknown recipient,
    CONFLICT for a key used with another body.
    """
    with unit_of_work():
        if once is None:
            return _create(sender, to, job)
        claimed = idempotency.claim(sender=sender, once=once)
        if claimed.answer is not None:
            return claimed.answer
        made = _create(sender, to, job)
        idempotency.keep_answer(claimed, made)
        return made


def _create(sender: str, to: Recipients, job: NewJob) -> Payload:
    first, *others = resolve(to)
    now = database_now()
    row = Job.objects.create(
        user_id=first,
        sender=sender,
        title=job.title,
        type=job.type,
        status=job.status,
        progress=job.progress,
        message=job.message,
        link=job.link,
        created_at=now,
        updated_at=now,
        reported_at=now,
        quiet_until=now,
    )
    JobRecipient.objects.bulk_create(JobRecipient(job=row, user_id=user_id) for user_id in others)
    progress_events.publish_job(row)
    return payload.job(row)
