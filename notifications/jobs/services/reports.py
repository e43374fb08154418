"""Reports of services on their jobs: progress and end."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from api.errors import ApiError, Code
from notifications.jobs import limits, selectors
from notifications.jobs.models import FINISHED, Job, Status
from notifications.jobs.services import progress_events
from notifications.jobs.services.completion import notify
from realtime import database_now, unit_of_work


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The changes in a report; None is unchanged. An empty report shows that the job is alive."""

    status: Status | None = None
    progress: float | None = None
    message: str | None = None
    link: str | None = None


def report(*, sender: str, job_id: int, given: Report) -> Job:
    """Apply a report; the one that ends the job also sends its notification.

    Raises `ApiError`: NOT_FOUND unless the job is the sender's, CONFLICT if it has ended. Repeating
    the report that ended it is accepted, as its response may have been lost.
    """
    with unit_of_work():
        found = selectors.with_recipients(selectors.of_sender(sender).filter(pk=job_id))
        job = found.select_for_update().first()
        if job is None:
            raise ApiError(Code.NOT_FOUND, "Not found")
        before = job.status
        changed = job.set(**_new_values(job, given))
        if before in FINISHED:
            if changed or given.status != before:
                raise ApiError(Code.CONFLICT, f"This job has ended before: {before}")
            return job
        _save_and_publish(job, changed, was_stale=before == Status.STALE)
        if job.status in FINISHED:
            notify(job)
    return job


def _new_values(job: Job, given: Report) -> dict[str, Any]:
    """Return the fields that the report sets."""
    values = {name: value for name, value in asdict(given).items() if value is not None}
    if given.status is None and job.status == Status.STALE:
        # The service was slow, not gone.
        values["status"] = Status.RUNNING
    if given.status == Status.SUCCEEDED:
        values["progress"] = 1.0
    return values


def _save_and_publish(job: Job, changed: set[str], *, was_stale: bool) -> None:
    """Save the changed fields, if any, and publish or hold back the change."""
    now = database_now()
    written = changed | _update_reported_at(job, now)
    if changed:
        progress_events.touch(job, now=now)
        # These happen once, or once in ten minutes, and the user waits for them.
        if was_stale or job.status in FINISHED:
            progress_events.publish_progress(job, now=now)
        else:
            progress_events.publish_or_hold(job, now=now)
        written.update(progress_events.FIELDS)
    if written:
        job.save(update_fields=written)


def _update_reported_at(job: Job, now: datetime) -> set[str]:
    if now - job.reported_at < limits.sign_of_life_every():
        return set()
    return job.set(reported_at=now)
