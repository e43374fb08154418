"""Reading jobs."""

from django.db.models import Q, QuerySet

from notifications.jobs.models import ACTIVE, Job

IS_ACTIVE = Q(status__in=ACTIVE)


def of_user(user_id: int) -> QuerySet[Job]:
    """What the user waits for, or has waited for."""
    return Job.objects.filter(user=user_id)


def of_sender(sender: str) -> QuerySet[Job]:
    """What the service has made, for whomever."""
    return Job.objects.filter(sender=sender)


def listed(rows: QuerySet[Job], *, active: bool | None = None) -> QuerySet[Job]:
    """Newest first; only those that are queued or running, or only the others."""
    rows = rows.order_by("-created_at", "-id")
    if active is None:
        return rows
    return rows.filter(IS_ACTIVE if active else ~IS_ACTIVE)
