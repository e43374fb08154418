"""Who waits for a job may ask for its end; the service learns it and ends the job."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.users import deletion
from notifications.jobs.models import Job
from notifications.jobs.services import mark_stale
from notifications.models import Notification
from tests.notifications.jobs.workers import (
    JOBS,
    Worker,
    cancels,
    job_events,
    notification_events,
    pass_time,
)
from tests.notifications.people import ApiUser, Service
from tests.support.threads import Run, failures

FINISHED = ("succeeded", "failed", "cancelled")


def test_request_reaches_the_service_and_all_recipients(
    prism: Worker, alice: ApiUser, bob: ApiUser
) -> None:
    job = prism.shares(alice, bob, status="running", progress=0.25)
    answer = cancels(bob, job)
    assert answer.status_code == 200, answer.content
    asked = answer.json()
    wanted = {**job, "cancel_requested": True, "updated_at": asked["updated_at"]}
    assert asked == wanted
    assert asked["updated_at"] > job["updated_at"]
    # It goes on until its service ends it, and says so in whatever the service asks for.
    assert prism.client.get(f"{JOBS}/{job['id']}").json() == asked
    assert prism.client.get(JOBS).json()["results"] == [asked]
    assert prism.reports(job) == asked, "a sign of life is answered with it too"
    assert prism.reports(job, progress=0.5)["cancel_requested"] is True

    ended = prism.reports(job, status="cancelled", message="Nothing was exported")
    assert (ended["status"], ended["progress"]) == ("cancelled", 0.5)
    for person in (alice, bob):
        assert [each["status"] for each in job_events(person)] == [*["running"] * 3, "cancelled"]
        assert job_events(person)[1] == asked
        assert job_events(person)[-1] == ended
        [bell] = notification_events(person)
        assert (bell["type"], bell["message"]) == ("PRISM_TASK_CANCELLED", "Nothing was exported")
        assert person.client.get(JOBS, {"active": "true"}).json()["results"] == []


def test_asking_again_changes_nothing(prism: Worker, alice: ApiUser, bob: ApiUser) -> None:
    job = prism.shares(alice, bob)
    first = cancels(alice, job)
    for person in (alice, bob, alice):
        again = cancels(person, job)
        assert (again.status_code, again.json()) == (200, first.json())
    assert len(job_events(alice)) == len(job_events(bob)) == 2


@pytest.mark.parametrize("status", FINISHED)
def test_finished_job_cannot_be_cancelled(prism: Worker, alice: ApiUser, status: str) -> None:
    job = prism.starts(alice)
    end = prism.reports(job, status=status)
    answer = cancels(alice, job)
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert alice.client.get(f"{JOBS}/{job['id']}").json() == end
    assert alice.event_types() == ["job", "job", "notification"]


def test_only_recipients_may_ask(
    prism: Worker, orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    job = prism.starts(alice)
    for person, number in ((bob, job["id"]), (alice, 999_999), (alice, 2**70)):
        answer = cancels(person, {"id": number})
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    for service in (prism, orders):
        assert service.client.post(f"{JOBS}/{job['id']}/cancel").status_code == 403
    assert APIClient().post(f"{JOBS}/{job['id']}/cancel").status_code == 401
    assert alice.client.get(f"{JOBS}/{job['id']}/cancel").status_code == 405
    assert job_events(alice) == [job]


def test_requests_draw_a_budget_of_the_user(
    prism: Worker, alice: ApiUser, bob: ApiUser, settings: Settings
) -> None:
    settings.BELLWIRE_BUDGETS = {"notifications.cancel_job": "2/1h"}
    job = prism.shares(alice, bob)
    assert [cancels(alice, job).status_code for _ in range(3)] == [200, 200, 429]
    assert int(cancels(alice, job).headers["Retry-After"]) > 0
    assert cancels(bob, job).status_code == 200


def test_service_may_finish_all_the_same_or_cancel_unasked(prism: Worker, alice: ApiUser) -> None:
    done, dropped = prism.starts(alice), prism.starts(alice)
    cancels(alice, done)
    ended = prism.reports(done, status="succeeded")
    assert (ended["status"], ended["cancel_requested"]) == ("succeeded", True)
    ended = prism.reports(dropped, status="cancelled")
    assert (ended["status"], ended["cancel_requested"]) == ("cancelled", False)
    assert prism.reports(dropped, status="cancelled") == ended, "a lost answer may be asked again"
    assert prism.patches(dropped, status="failed").status_code == 409
    assert len(notification_events(alice)) == 2


def test_request_outlives_silence(prism: Worker, alice: ApiUser) -> None:
    job = prism.starts(alice)
    pass_time(minutes=11)
    assert mark_stale() == 1
    asked = cancels(alice, job).json()
    assert (asked["status"], asked["cancel_requested"]) == ("stale", True)
    revived = prism.reports(job)
    assert (revived["status"], revived["cancel_requested"]) == ("running", True)


def test_request_is_told_at_once_also_of_a_job_whose_progress_is_held_back(
    prism: Worker, alice: ApiUser
) -> None:
    job = prism.starts(alice)
    pass_time(hours=2)
    for number in range(1, 40):
        prism.reports(job, progress=number / 40)
    asked = cancels(alice, job).json()
    assert job_events(alice)[-1] == asked
    assert asked["progress"] == 39 / 40


@pytest.mark.parametrize("field", ["cancel_requested", "cancel_requested_at"])
def test_services_cannot_set_or_take_back_the_request(
    prism: Worker, alice: ApiUser, field: str
) -> None:
    job = prism.starts(alice)
    cancels(alice, job)
    answer = prism.patches(job, **{field: False})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    made = prism.asks({"user_id": alice.id, "title": "Export", field: True})
    assert (made.status_code, list(made.json()["errors"])) == (400, [field])


def test_fields_and_answers_in_camel_case(
    prism: Worker, alice: ApiUser, bob: ApiUser, settings: Settings
) -> None:
    settings.BELLWIRE_JSON_CASE = "camel"
    made = prism.asks({"userIds": [alice.id, bob.id], "title": "Export"}).json()
    assert (made["userIds"], made["cancelRequested"]) == ([alice.id, bob.id], False)
    assert cancels(bob, made).json()["cancelRequested"] is True
    assert prism.reports(made)["cancelRequested"] is True


# --- at the same moment; on PostgreSQL side by side ----------------------------------------------


def test_many_requests_and_one_end_leave_one_of_each(
    transactional_db: None, at_once: Run, prism: Worker, alice: ApiUser, bob: ApiUser
) -> None:
    jobs = [prism.shares(alice, bob) for _ in range(4)]

    def asks(person: ApiUser) -> Callable[[], Any]:
        return lambda: [cancels(person, job).status_code for job in jobs]

    def ends() -> list[int]:
        return [prism.patches(job, status="cancelled").status_code for job in reversed(jobs)]

    results = at_once([asks(alice), asks(bob), asks(alice), ends, ends])
    assert failures(results) == []
    assert {code for codes in results[:3] for code in codes} <= {200, 409}
    assert results[3] == results[4] == [200] * 4
    for person in (alice, bob):
        for job in jobs:
            reported = [each for each in job_events(person) if each["id"] == job["id"]]
            requested = [each["cancel_requested"] for each in reported]
            assert requested == sorted(requested)
            assert [each["status"] for each in reported][-1] == "cancelled"
            assert len(reported) <= 3, "one request at most is told"
            shown = person.client.get(f"{JOBS}/{job['id']}").json()
            assert shown == reported[-1]
    assert Notification.objects.count() == 8
    assert not Job.objects.exclude(status="cancelled").exists()


def test_account_that_is_deleted_meanwhile_holds_nobody_up(
    transactional_db: None,
    at_once: Run,
    prism: Worker,
    alice: ApiUser,
    bob: ApiUser,
    carol: ApiUser,
) -> None:
    jobs = [prism.shares(bob, alice, carol), prism.shares(alice, bob)] * 3
    alone = prism.starts(bob)

    def leaves() -> bool:
        return deletion.delete_user(user_id=bob.id)

    def ends() -> set[int]:
        return {prism.patches(job, status="cancelled").status_code for job in jobs}

    def asks() -> set[int]:
        return {cancels(alice, job).status_code for job in reversed(jobs)}

    def ends_alone() -> int:
        return int(prism.patches(alone, status="failed").status_code)

    results = at_once([ends, asks, leaves, ends_alone])
    assert failures(results) == []
    assert (results[0], results[2]) == ({200}, True)
    assert results[1] <= {200, 409}
    assert results[3] in (200, 404)
    for person in (alice, carol):
        shown = person.client.get(JOBS).json()["results"]
        assert {job["status"] for job in shown} == {"cancelled"}
        assert all(bob.id not in [job["user_id"], *job["user_ids"]] for job in shown)
    assert not Job.objects.filter(pk=alone["id"]).exists()
