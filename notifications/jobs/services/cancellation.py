"""A recipient's request to cancel a job, which its service then ends."""

from api.errors import ApiError, Code
from notifications.jobs import selectors
from notifications.jobs.models import FINISHED, Job
from notifications.jobs.services import progress_events
from realtime import database_now, unit_of_work


def request_cancel(*, user_id: int, job_id: int) -> Job:
    """Record that a recipient wants the job to end, and publish it; repeating it changes nothing.

    The job continues until its service ends it, which may also be as succeeded. Raises `ApiError`:
    NOT_FOUND unless the user is a recipient, CONFLICT if the job has ended.
    """
    with unit_of_work():
        found = selectors.with_recipients(selectors.one_of_user(user_id, job_id))
        # Ending the job takes the same lock, so one of the two comes first.
        job = found.select_for_update().first()
        if job is None:
            raise ApiError(Code.NOT_FOUND, "Not found")
        if job.status in FINISHED:
            raise ApiError(Code.CONFLICT, f"This job has ended before: {job.status}")
        if job.cancel_requested_at is None:
            now = job.cancel_requested_at = database_now()
            progress_events.touch(job, now=now)
            progress_events.publish_progress(job, now=now)
            job.save(update_fields=["cancel_requested_at", *progress_events.FIELDS])
    return job
