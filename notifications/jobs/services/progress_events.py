"""When a change of a job becomes an event: at once, or a little later together with others.

docs/decisions/0003 tells why, and what it costs.
"""

from datetime import datetime, timedelta

from accounts.topics import user_topic
from notifications.jobs import limits, payload
from notifications.jobs.models import Job
from realtime import publish

# What `tell` and `touch` may have changed.
FIELDS = ("updated_at", "told", "quiet_until", "held")


def spacing(*, told: int, age: timedelta) -> timedelta:
    """How long after its event number `told` a job of this age is quiet."""
    if told < limits.FREE_EVENTS:
        return timedelta(0)
    return min(limits.SPACING + age * limits.SPACING_SHARE_OF_AGE, limits.SPACING_MOST)


def touch(job: Job, *, now: datetime) -> None:
    """Note that what is shown has changed."""
    # Another instance's clock may be ahead: of two shapes of a job the later one must still win.
    job.updated_at = max(now, job.updated_at + timedelta(microseconds=1))


def publish_progress(job: Job, *, now: datetime) -> None:
    """Publish the job as it is, to all its recipients. It must be locked, and is not saved here."""
    job.told += 1
    job.held = False
    job.quiet_until = now + spacing(told=job.told, age=now - job.created_at)
    publish_job(job)


def publish_job(job: Job) -> None:
    """Publish the same event to each recipient. The append orders the topics itself."""
    shown = payload.job(job)
    for user_id in job.recipient_ids:
        publish(user_topic(user_id), "job", shown)


def publish_or_hold(job: Job, *, now: datetime) -> None:
    """Publish it unless it has been told just now; then the next report does, or the chore."""
    if job.quiet_until <= now:
        publish_progress(job, now=now)
    else:
        job.held = True
