"""How far a job is, and how it ends."""

from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from notifications.jobs.models import Job
from tests.notifications.jobs.workers import (
    JOBS,
    Worker,
    job_events,
    notification_events,
)
from tests.notifications.people import ApiUser, Service

USUAL = {
    "succeeded": "PRISM_TASK_COMPLETED",
    "failed": "PRISM_TASK_FAILED",
    "cancelled": "PRISM_TASK_CANCELLED",
}
LIVE = ("queued", "running")


def test_every_change_is_told(prism: Worker, alice: ApiUser) -> None:
    shapes = [prism.starts(alice)]
    for said in (
        {"status": "running"},
        {"progress": 0.5},
        {"message": "Drawing charts"},
        {"link": "/prism/tasks/7"},
        {"status": "succeeded"},
    ):
        shapes.append(prism.reports(shapes[0], **said))
        assert {**shapes[-1], **said} == shapes[-1]
    assert job_events(alice) == shapes
    times = [shape["updated_at"] for shape in shapes]
    assert times == sorted(set(times)), "of two shapes the later one is right"
    assert alice.client.get(f"{JOBS}/{shapes[0]['id']}").json() == shapes[-1]


def test_what_a_report_does_not_speak_of_stays(prism: Worker, alice: ApiUser) -> None:
    job = prism.starts(alice, progress=0.25, message="Reading", link="/a")
    after = prism.reports(job, progress=0.5)
    assert after == {**job, "progress": 0.5, "updated_at": after["updated_at"]}


@pytest.mark.parametrize("field", ["title", "user_id", "type", "id", "colour"])
def test_a_report_cannot_change_other_fields(prism: Worker, alice: ApiUser, field: str) -> None:
    job = prism.starts(alice, progress=0.25)
    answer = prism.patches(job, progress=0.5, **{field: 9})
    assert answer.status_code == 400
    assert answer.json()["errors"] == {field: ["Unknown field."]}
    assert alice.client.get(f"{JOBS}/{job['id']}").json() == job


@pytest.mark.parametrize("nothing", ["", None])
def test_texts_can_be_taken_back(prism: Worker, alice: ApiUser, nothing: str | None) -> None:
    job = prism.starts(alice, message="Reading", link="/a")
    after = prism.reports(job, message=nothing, link=nothing)
    assert (after["message"], after["link"]) == ("", None)


@pytest.mark.parametrize("after", LIVE)
@pytest.mark.parametrize("before", LIVE)
def test_a_task_may_be_put_back_into_its_queue(
    prism: Worker, alice: ApiUser, before: str, after: str
) -> None:
    job = prism.starts(alice, status=before, progress=0.75)
    assert prism.reports(job, status=after, progress=0)["status"] == after


def test_nonsense_is_named_and_changes_nothing(prism: Worker, alice: ApiUser) -> None:
    job = prism.starts(alice)
    for field, value in (
        ("status", "stale"),
        ("status", "done"),
        ("status", None),
        ("progress", 1.5),
        ("progress", False),
        ("progress", "1"),
        ("message", "m" * 2_001),
        ("link", "ftp://example.com"),
    ):
        answer = prism.patches(job, **{"progress": 0.5, field: value})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert job_events(alice) == [job]


# --- the end -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", USUAL)
def test_it_ends_in_a_notification(prism: Worker, alice: ApiUser, status: str) -> None:
    job = prism.starts(alice, link="/prism/tasks/7")
    prism.reports(job, status=status, message="48,210 rows", progress=0.75)
    assert alice.event_types() == ["job", "job", "notification"]
    [sent] = notification_events(alice)
    wanted = {
        "type": USUAL[status],
        "title": "Sales report",
        "message": "48,210 rows",
        "link": "/prism/tasks/7",
        "reference_type": "job",
        "reference_id": str(job["id"]),
        "status": "UNREAD",
    }
    assert {name: sent[name] for name in wanted} == wanted
    assert alice.ids() == [sent["id"]]
    assert alice.count() == 1


def test_success_is_all_of_it_and_failure_stays_where_it_was(prism: Worker, alice: ApiUser) -> None:
    done, failed = prism.starts(alice, progress=0.5), prism.starts(alice, progress=0.5)
    assert prism.reports(done, status="succeeded")["progress"] == 1.0
    assert prism.reports(failed, status="failed")["progress"] == 0.5


@pytest.mark.parametrize("status", USUAL)
def test_its_type_names_the_notification(prism: Worker, alice: ApiUser, status: str) -> None:
    prism.reports(prism.starts(alice, type="announcement"), status=status)
    [sent] = notification_events(alice)
    assert (sent["type"], sent["message"]) == ("announcement", "Announcement")


def test_a_type_that_the_deployment_took_back_does_not_keep_it_from_ending(
    prism: Worker, alice: ApiUser, settings: Settings
) -> None:
    settings.BELLWIRE_NOTIFICATION_TYPES = {"EXPORT": {"category": "system", "title": "Exported"}}
    job = prism.starts(alice, type="EXPORT")
    settings.BELLWIRE_NOTIFICATION_TYPES = {}
    prism.reports(job, status="succeeded")
    assert notification_events(alice)[0]["type"] == "PRISM_TASK_COMPLETED"


@pytest.mark.parametrize("status", USUAL)
@pytest.mark.parametrize(
    "late",
    [
        {"progress": 0.9},
        {"message": "Still there"},
        {"status": "running"},
        {"status": "queued"},
        {"status": "succeeded", "message": "Again"},
        {"status": "failed", "message": "Again"},
        {},
    ],
)
def test_a_finished_job_cannot_change(
    prism: Worker, alice: ApiUser, status: str, late: dict[str, Any]
) -> None:
    job = prism.starts(alice)
    end = prism.reports(job, status=status, message="Over")
    answer = prism.patches(job, **late)
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert alice.client.get(f"{JOBS}/{job['id']}").json() == end
    assert alice.event_types() == ["job", "job", "notification"]


def test_it_ends_one_way_only(prism: Worker, alice: ApiUser) -> None:
    job = prism.starts(alice)
    prism.reports(job, status="succeeded")
    assert prism.patches(job, status="failed").status_code == 409
    assert len(notification_events(alice)) == 1


@pytest.mark.parametrize(
    "end",
    [
        {"status": "succeeded"},
        {"status": "succeeded", "progress": 0.99, "message": "Over", "link": "/a"},
        {"status": "failed", "progress": 0.5, "message": None},
    ],
)
def test_the_same_end_again_is_harmless(prism: Worker, alice: ApiUser, end: dict[str, Any]) -> None:
    job = prism.starts(alice)
    first, *more = [prism.reports(job, **end) for _ in range(3)]
    assert more == [first, first]
    assert alice.event_types() == ["job", "job", "notification"]


# --- whose it is ---------------------------------------------------------------------------------


def test_only_the_service_that_made_it_reports(
    prism: Worker, orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    job = prism.starts(alice)
    where = f"{JOBS}/{job['id']}"
    other = Worker("billing")
    answer = other.patches(job, status="failed")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert prism.patches({"id": 999_999}).status_code == 404
    assert prism.patches({"id": 2**70}).status_code == 404
    for client in (orders.client, alice.client, bob.client):
        assert client.patch(where, {"status": "failed"}, format="json").status_code == 403
    assert APIClient().patch(where, {}, format="json").status_code == 401
    assert job_events(alice) == [job]

    rotated = Worker("prism")
    assert rotated.reports(job, status="running")["status"] == "running"


def test_with_its_user_a_job_is_gone(prism: Worker, alice: ApiUser) -> None:
    job = prism.starts(alice)
    alice.user.delete()
    assert not Job.objects.exists()
    assert prism.patches(job, status="succeeded").status_code == 404
