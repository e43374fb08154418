"""A service has begun something that users wait for."""

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
    """What a job starts with. `type`, if given, is a registered notification type."""

    title: str
    type: str = ""
    status: Status = Status.QUEUED
    progress: float = 0.0
    message: str = ""
    link: str = ""


def create(*, sender: str, to: Recipients, job: NewJob, once: Once | None = None) -> Payload:
    """Make a job of all its recipients; with `once`, only the first time that the key is seen.

    Returns the job as it was when it was made. Raises `ApiError`: INVALID for an unknown
    recipient, CONFLICT for a key that came with something else before.
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
