"""When a change of a job is published: at once, or a little later together with others.

docs/decisions/0003 explains why, and what it costs.
"""

from datetime import datetime, timedelta

from accounts.topics import user_topic
from notifications.jobs import limits, payload
from notifications.jobs.models import Job
from realtime import publish

# The fields that `touch` and `publish_progress` change.
FIELDS = ("updated_at", "told", "quiet_until", "held")


def spacing(*, told: int, age: timedelta) -> timedelta:
    """Return the least time between event number `told` of a job of this age and the next."""
    if told < limits.FREE_EVENTS:
        return timedelta(0)
    return min(limits.SPACING + age * limits.SPACING_SHARE_OF_AGE, limits.SPACING_MOST)


def touch(job: Job, *, now: datetime) -> None:
    """Record that the visible state has changed."""
    # Another instance's clock may be ahead: of two states of a job the later one must still win.
    job.updated_at = max(now, job.updated_at + timedelta(microseconds=1))


def publish_progress(job: Job, *, now: datetime) -> None:
    """Publish the job's state to all its recipients. It must be locked, and is not saved here."""
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
    """Publish the job, or hold it back if it was published just now: then the next report or the
    periodic task does.
    """
    if job.quiet_until <= now:
        publish_progress(job, now=now)
    else:
        job.held = True
