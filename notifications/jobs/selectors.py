"""Queries for jobs."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.jobs.models import ACTIVE, Job, JobRecipient

IS_ACTIVE = Q(status__in=ACTIVE)


def of_user(user_id: int) -> QuerySet[Job]:
    """Return the jobs of which the user is a recipient."""
    shared = JobRecipient.objects.filter(user=user_id)
    own = Job.objects.filter(user=user_id)
    if not shared.exists():
        # Read off the list's index, page by page.
        return own
    # Two look-ups by index; with OR the database would read every user's jobs.
    return Job.objects.filter(pk__in=own.values("pk").union(shared.values("job"), all=True))


def one_of_user(user_id: int, job_id: int) -> QuerySet[Job]:
    """Return the job if the user is a recipient, else nothing."""
    shared = JobRecipient.objects.filter(job=OuterRef("pk"), user=user_id)
    return Job.objects.filter(Q(user=user_id) | Exists(shared), pk=job_id)


def of_sender(sender: str) -> QuerySet[Job]:
    """Return the jobs that the service has created, for any user."""
    return Job.objects.filter(sender=sender)


def with_recipients(rows: QuerySet[Job]) -> QuerySet[Job]:
    """Prefetch what `payload.job` needs, in one more statement."""
    return rows.prefetch_related("others")


def listed(rows: QuerySet[Job], *, active: bool | None = None) -> QuerySet[Job]:
    """Return jobs newest first; only active ones, or only the others."""
    rows = with_recipients(rows).order_by("-created_at", "-id")
    if active is None:
        return rows
    return rows.filter(IS_ACTIVE if active else ~IS_ACTIVE)
