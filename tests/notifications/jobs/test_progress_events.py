"""A service may report as often as it likes: the log keeps room for what is not progress."""

import math
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.jobs import limits
from notifications.jobs.models import Job
from notifications.jobs.services import publish_held
from notifications.jobs.services.progress_events import spacing
from tests.notifications.jobs.workers import (
    JOBS,
    Worker,
    job_events,
    notification_events,
    pass_time,
)
from tests.notifications.people import ApiUser, send_to

FLOOD = 40
# Events that a job of an hour may have, by the spacing: 20 + 100·ln(1 + 3600/50), and some.
EVENTS_OF_AN_HOUR = 460


def flooded(worker: Worker, person: ApiUser) -> dict[str, Any]:
    """A job of two hours, which is quiet for a minute now. Its last report was held back."""
    job = worker.starts(person)
    pass_time(hours=2)
    for number in range(1, FLOOD):
        worker.reports(job, progress=number / FLOOD)
    return job


def test_a_few_reports_are_told_each_at_once(prism: Worker, alice: ApiUser) -> None:
    job = prism.starts(alice)
    shapes = [prism.reports(job, progress=n / 100) for n in range(1, limits.FREE_EVENTS)]
    assert job_events(alice) == [job, *shapes]
    assert publish_held() == 0


def test_a_flood_is_held_back_and_its_last_report_is_told(prism: Worker, alice: ApiUser) -> None:
    job = flooded(prism, alice)
    before = job_events(alice)
    assert len(before) == limits.FREE_EVENTS
    shown = alice.client.get(f"{JOBS}/{job['id']}").json()
    assert shown["progress"] == (FLOOD - 1) / FLOOD, "the row is always the truth"

    assert publish_held() == 0, "not yet"
    pass_time(seconds=61)
    assert [publish_held(), publish_held()] == [1, 0]
    *earlier, last = job_events(alice)
    assert earlier == before
    assert last["progress"] == shown["progress"]


def test_the_next_report_tells_what_was_held_back(prism: Worker, alice: ApiUser) -> None:
    job = flooded(prism, alice)
    pass_time(seconds=61)
    reported = prism.reports(job, message="Nearly all of it")
    assert job_events(alice)[-1] == reported
    assert reported["progress"] == (FLOOD - 1) / FLOOD
    assert publish_held() == 0


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_the_end_does_not_wait(prism: Worker, alice: ApiUser, status: str) -> None:
    job = flooded(prism, alice)
    end = prism.reports(job, status=status)
    assert job_events(alice)[-1] == end
    assert alice.event_types()[-1] == "notification"
    pass_time(seconds=100)
    assert publish_held() == 0, "nothing comes after the end"


def test_going_to_and_fro_is_no_way_around(prism: Worker, alice: ApiUser) -> None:
    job = flooded(prism, alice)
    for number in range(FLOOD):
        prism.reports(job, status=("running", "queued")[number % 2])
    assert len(job_events(alice)) == limits.FREE_EVENTS


def test_a_report_that_changes_nothing_writes_and_tells_nothing(
    prism: Worker, alice: ApiUser
) -> None:
    job = prism.starts(alice)
    first = prism.reports(job, progress=0.5, message="Reading")
    with CaptureQueriesContext(connection) as asked:
        assert prism.reports(job, progress=0.5, message="Reading") == first
    assert [query["sql"] for query in asked if query["sql"].startswith(("UPDATE", "INSERT"))] == []
    assert job_events(alice) == [job, first]


def test_an_hour_of_reports_leaves_notifications_replayable(prism: Worker, alice: ApiUser) -> None:
    send_to(alice.id, message="Read me after lunch")
    job = prism.starts(alice)
    for number in range(600):
        pass_time(seconds=6)
        prism.reports(job, progress=number / 600)
    prism.reports(job, status="succeeded")
    assert len(job_events(alice)) < EVENTS_OF_AN_HOUR
    messages = [sent["message"] for sent in notification_events(alice)]
    assert messages == ["Read me after lunch", "Task completed"]


def test_the_spacing_bounds_a_jobs_share_of_the_log() -> None:
    assert spacing(told=limits.FREE_EVENTS - 1, age=timedelta(days=1)) == timedelta(0)
    assert spacing(told=10**6, age=timedelta(days=9)) == limits.SPACING_MOST
    age, reported = 0.0, 1
    while age < 3_600:
        age += max(spacing(told=reported, age=timedelta(seconds=age)).total_seconds(), 0.001)
        reported += 1
    assert limits.FREE_EVENTS + 100 * math.log(1 + 3_600 / 50) == pytest.approx(reported, abs=10)
    assert reported < EVENTS_OF_AN_HOUR


def test_many_jobs_that_are_held_back_are_told_in_few_statements(
    prism: Worker, alice: ApiUser
) -> None:
    prism.starts(alice)
    [template] = Job.objects.all()
    rows = [Job(**{**_fields(template), "title": f"Job {n}", "held": True}) for n in range(300)]
    Job.objects.bulk_create(rows)
    with CaptureQueriesContext(connection) as asked:
        assert publish_held() == 300
    assert len(asked) < 30
    assert len({job["title"] for job in job_events(alice)}) == 301


def _fields(job: Job) -> dict[str, Any]:
    names = [field.attname for field in Job._meta.concrete_fields if field.attname != "id"]
    return {name: getattr(job, name) for name in names}
