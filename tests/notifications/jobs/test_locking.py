"""What two connections do to one job at the same moment, one held up by the other's row lock."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from notifications.jobs.models import Job, Status
from notifications.jobs.services import Report, report, request_cancel
from realtime.publishing import unit_of_work
from tests.notifications.jobs.workers import Worker, cancels, job_events
from tests.notifications.people import ApiUser
from tests.support.deadlines import PATIENCE_S

# SQLite has one writer at a time.
pytestmark = pytest.mark.full_only

SENDER = "service:prism"
POLL_S = 0.01


def begun_by_another(pool: ThreadPoolExecutor, piece: Callable[[], Any]) -> Future[Any]:
    """Begin it in a connection of its own, and wait until it waits for this one's transaction."""

    def alone() -> Any:
        try:
            return piece()
        finally:
            connections.close_all()

    begun = pool.submit(alone)
    deadline = time.monotonic() + PATIENCE_S
    while not waits_for_us():
        assert not begun.done(), f"was held up by nothing: {begun.exception() or begun.result()}"
        assert time.monotonic() < deadline, "never came to the lock"
        time.sleep(POLL_S)
    return begun


def waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])


def test_request_for_a_job_that_is_being_ended_sees_its_end(
    transactional_db: None, prism: Worker, alice: ApiUser, bob: ApiUser
) -> None:
    job = prism.shares(alice, bob, status="running")
    with ThreadPoolExecutor(1) as pool:
        with unit_of_work():
            report(sender=SENDER, job_id=job["id"], given=Report(status=Status.SUCCEEDED))
            asked = begun_by_another(pool, lambda: cancels(bob, job))
        answer = asked.result(PATIENCE_S)

    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    row = Job.objects.get()
    assert (row.status, row.cancel_requested_at) == ("succeeded", None)
    for person in (alice, bob):
        assert [each["status"] for each in job_events(person)] == ["running", "succeeded"]
        assert not any(each["cancel_requested"] for each in job_events(person))


def test_second_request_sees_the_first(
    transactional_db: None, prism: Worker, alice: ApiUser, bob: ApiUser
) -> None:
    job = prism.shares(alice, bob)
    with ThreadPoolExecutor(1) as pool:
        with unit_of_work():
            first = request_cancel(user_id=alice.id, job_id=job["id"])
            asked = begun_by_another(pool, lambda: cancels(bob, job))
        answer = asked.result(PATIENCE_S)

    assert (answer.status_code, answer.json()["cancel_requested"]) == (200, True)
    assert Job.objects.get().cancel_requested_at == first.cancel_requested_at
    assert len(job_events(alice)) == len(job_events(bob)) == 2, "the request is told once"


def test_report_for_a_job_that_is_being_cancelled_keeps_the_request(
    transactional_db: None, prism: Worker, alice: ApiUser
) -> None:
    job = prism.starts(alice)
    with ThreadPoolExecutor(1) as pool:
        with unit_of_work():
            request_cancel(user_id=alice.id, job_id=job["id"])
            begun = begun_by_another(pool, lambda: prism.patches(job, status="running"))
        answer = begun.result(PATIENCE_S)

    assert (answer.status_code, answer.json()["cancel_requested"]) == (200, True)
    assert [each["cancel_requested"] for each in job_events(alice)] == [False, True, True]
    assert job_events(alice)[-1] == answer.json()
