"""Periodic tasks for jobs. They run on every instance, also concurrently."""

from datetime import datetime
from typing import Protocol

from django.db.models import Q, QuerySet

from notifications.conf import conf
from notifications.jobs import limits, selectors
from notifications.jobs.models import Job, Status
from notifications.jobs.services import progress_events
from notifications.sql.run import InValues
from realtime import database_now, unit_of_work


class _Act(Protocol):
    """Changes a locked job, and publishes it."""

    def __call__(self, job: Job, *, now: datetime) -> None: ...


def publish_held() -> int:
    """Publish changes that were held back and are due. Returns the number of jobs."""
    now = database_now()
    return _sweep(
        Q(held=True, quiet_until__lte=now), "quiet_until", progress_events.publish_progress, now
    )


def mark_stale() -> int:
    """Mark jobs without a recent report as stale. Returns their number."""
    now = database_now()
    # Never too early, although the last report may be a little later than `reported_at`.
    silent = Q(reported_at__lte=now - conf().stale_after - limits.sign_of_life_every())
    return _sweep(selectors.IS_ACTIVE & silent, "reported_at", _go_stale, now)


def _go_stale(job: Job, *, now: datetime) -> None:
    job.status = Status.STALE
    progress_events.touch(job, now=now)
    progress_events.publish_progress(job, now=now)


def _sweep(which: Q, oldest: str, act: _Act, now: datetime) -> int:
    """Apply `act` to all unlocked rows that match, oldest first, in short transactions."""
    done = 0
    for _ in range(limits.SWEEP_ROUNDS):
        # Queried outside the transaction: nearly always there is nothing to lock.
        due = Job.objects.filter(which).order_by(oldest).values_list("pk", flat=True)
        found = list(due[: limits.SWEEP_ROWS])
        if found:
            with unit_of_work():
                done += _act(Job.objects.filter(which, InValues("id", found)), act, now)
        if len(found) < limits.SWEEP_ROWS:
            break
    return done


def _act(due: QuerySet[Job], act: _Act, now: datetime) -> int:
    # Locked rows are skipped: another instance handles them, or a report makes this needless.
    locked = due.order_by("pk").select_for_update(skip_locked=True)
    jobs = list(selectors.with_recipients(locked))
    for job in jobs:
        act(job, now=now)
    Job.objects.bulk_update(jobs, ["status", *progress_events.FIELDS])
    return len(jobs)
