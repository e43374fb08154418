"""Jobs of a deleted account: shared ones remain for the other recipients."""

from django.db.models import Exists, OuterRef, Q

from notifications.jobs import selectors
from notifications.jobs.models import FINISHED, Job, JobRecipient
from notifications.jobs.services import progress_events
from realtime import database_now, unit_of_work


def remove_from_shared_jobs(*, user_id: int) -> None:
    """Remove the user from all shared jobs, whose next recipient becomes the first.

    Jobs of the user alone are deleted with the account. Unfinished ones are locked here, before the
    user, because ending a job locks it before its recipients.
    """
    others = JobRecipient.objects.filter(job=OuterRef("pk"))
    affected = Q(user=user_id) & (Exists(others) | ~Q(status__in=FINISHED))
    with unit_of_work():
        mine = Job.objects.filter(affected | Exists(others.filter(user=user_id)))
        locked = mine.order_by("pk").select_for_update()
        now = database_now()
        for job in selectors.with_recipients(locked):
            remaining = [other for other in job.recipient_ids if other != user_id]
            if remaining:
                _hand_over(job, remaining)
                if job.status not in FINISHED:
                    progress_events.touch(job, now=now)
                    progress_events.publish_progress(job, now=now)
                job.save(update_fields=["user", *progress_events.FIELDS])


def _hand_over(job: Job, remaining: list[int]) -> None:
    """Make `remaining` the recipients of the job."""
    job.user_id, *others = remaining
    job.others.exclude(user__in=others).delete()
    # The prefetched relation is out of date.
    job.refresh_from_db(fields=["others"])
