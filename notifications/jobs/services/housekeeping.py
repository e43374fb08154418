"""What is done about jobs without a report. Runs in every instance, and may in all at once."""

from datetime import datetime
from typing import Protocol

from django.db.models import Q, QuerySet

from notifications.jobs import limits, selectors
from notifications.jobs.models import Job, Status
from notifications.jobs.services import progress_events
from notifications.sql.run import InValues
from realtime import database_now, unit_of_work


class _Act(Protocol):
    """Changes a locked job, and tells."""

    def __call__(self, job: Job, *, now: datetime) -> None: ...


def publish_held() -> int:
    """Tell what was held back, where its time has come; returns of how many jobs."""
    now = database_now()
    return _sweep(
        Q(held=True, quiet_until__lte=now), "quiet_until", progress_events.publish_progress, now
    )


def mark_stale() -> int:
    """Mark jobs of which nothing was heard for too long; returns how many."""
    now = database_now()
    # Never too early, although the last report may have come a little after `reported_at`.
    silent = Q(reported_at__lte=now - limits.stale_after() - limits.sign_of_life_every())
    return _sweep(selectors.IS_ACTIVE & silent, "reported_at", _go_stale, now)


def _go_stale(job: Job, *, now: datetime) -> None:
    job.status = Status.STALE
    progress_events.touch(job, now=now)
    progress_events.publish_progress(job, now=now)


def _sweep(which: Q, oldest: str, act: _Act, now: datetime) -> int:
    """Do it to all of them that nobody else is at, the oldest first, in short transactions."""
    done = 0
    for _ in range(limits.SWEEP_ROUNDS):
        # Asked outside of the transaction: nearly always there is nothing to lock anything for.
        due = Job.objects.filter(which).order_by(oldest).values_list("pk", flat=True)
        found = list(due[: limits.SWEEP_ROWS])
        if found:
            with unit_of_work():
                done += _act(Job.objects.filter(which, InValues("id", found)), act, now)
        if len(found) < limits.SWEEP_ROWS:
            break
    return done


def _act(due: QuerySet[Job], act: _Act, now: datetime) -> int:
    # Skipping what is locked: another instance is at it, or a report, which makes this needless.
    locked = due.order_by("pk").select_for_update(skip_locked=True)
    jobs = list(selectors.with_recipients(locked))
    for job in jobs:
        act(job, now=now)
    Job.objects.bulk_update(jobs, ["status", *progress_events.FIELDS])
    return len(jobs)
