"""A job of which nothing was heard for ten minutes is stale, until something is heard."""

import pytest
from pytest_django import Settings

from notifications.jobs import limits
from notifications.jobs.services import mark_stale, publish_held
from realtime.registries import periodic_tasks
from tests.notifications.jobs.workers import JOBS, Worker, job_events, pass_time
from tests.notifications.people import ApiUser
from tests.support.clocks import ClockAhead

SILENCE = {"minutes": 10, "seconds": 11}


def test_an_instance_whose_clock_is_ahead_marks_nothing_too_early(
    prism: Worker, alice: ApiUser, clock_ahead: ClockAhead
) -> None:
    prism.starts(alice)
    clock_ahead(3_600)

    assert mark_stale() == 0


@pytest.mark.parametrize("status", ["queued", "running"])
def test_silence_makes_it_stale_once(prism: Worker, alice: ApiUser, status: str) -> None:
    job = prism.starts(alice, status=status)
    pass_time(minutes=10)
    assert mark_stale() == 0, "never too early"
    pass_time(seconds=11)
    assert [mark_stale(), mark_stale()] == [1, 0]
    shown = alice.client.get(f"{JOBS}/{job['id']}").json()
    assert shown["status"] == "stale"
    assert job_events(alice)[1:] == [shown]
    assert alice.event_types() == ["job", "job"], "nothing has ended"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, "running"),
        ({"progress": 0.5}, "running"),
        ({"status": "queued"}, "queued"),
        ({"status": "succeeded"}, "succeeded"),
        ({"status": "failed"}, "failed"),
    ],
)
def test_a_later_report_revives_it(
    prism: Worker, alice: ApiUser, said: dict[str, object], status: str
) -> None:
    job = prism.starts(alice)
    pass_time(**SILENCE)
    mark_stale()
    shown = prism.reports(job, **said)
    assert shown["status"] == status
    assert job_events(alice)[-1] == shown
    assert mark_stale() == 0


def test_a_sign_of_life_is_enough(prism: Worker, alice: ApiUser) -> None:
    job = prism.starts(alice)
    for _ in range(4):
        pass_time(minutes=9)
        assert prism.reports(job)["status"] == "queued"
        assert mark_stale() == 0
    assert len(job_events(alice)) == 1, "nothing of it has changed"
    pass_time(**SILENCE)
    assert mark_stale() == 1


def test_reports_that_follow_closely_count_too(prism: Worker, alice: ApiUser) -> None:
    job = prism.starts(alice)
    pass_time(seconds=9)
    prism.reports(job, progress=0.5)
    pass_time(minutes=10)
    assert mark_stale() == 0
    pass_time(seconds=11)
    assert mark_stale() == 1


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_what_has_ended_is_never_stale(prism: Worker, alice: ApiUser, status: str) -> None:
    prism.reports(prism.starts(alice), status=status)
    pass_time(days=2)
    assert mark_stale() == 0


def test_what_was_held_back_is_not_lost_by_going_stale(prism: Worker, alice: ApiUser) -> None:
    job = prism.starts(alice)
    for number in range(60):
        prism.reports(job, progress=number / 100)
    pass_time(**SILENCE)
    mark_stale()
    assert publish_held() == 0
    assert job_events(alice)[-1]["progress"] == 0.59
    revived = prism.reports(job, message="Sorry, I was slow")
    assert job_events(alice)[-1] == revived, "which does not wait, although it was told just now"


def test_a_deployment_may_wait_shorter(prism: Worker, alice: ApiUser, settings: Settings) -> None:
    settings.BELLWIRE_JOB_STALE_S = 60.0
    prism.starts(alice)
    pass_time(seconds=62)
    assert mark_stale() == 1


def test_every_instance_looks() -> None:
    works = {task.work: task.every_s for task in periodic_tasks.registered()}
    assert works[mark_stale] == 10.0
    assert works[publish_held] == limits.REPORT_HELD_EVERY_S
