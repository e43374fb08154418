"""A service tells a user of something that takes a while."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.credentials.service_keys import create_service_key
from accounts.models import User
from notifications.jobs.models import Job
from tests.notifications.jobs.workers import JOBS, Worker, job_events
from tests.notifications.people import SEND, ApiUser, Service


def test_a_job_has_the_shape_of_the_contract(prism: Worker, alice: ApiUser) -> None:
    made = prism.starts(alice)
    job = Job.objects.get()
    assert made.pop("created_at") == made.pop("updated_at")
    assert made == {
        "id": job.pk,
        "user_id": alice.id,
        "user_ids": [alice.id],
        "title": "Sales report",
        "status": "queued",
        "progress": 0.0,
        "message": "",
        "link": None,
        "type": None,
        "cancel_requested": False,
    }
    assert job.sender == "service:prism"


def test_it_is_an_event_of_the_users_own_topic(prism: Worker, alice: ApiUser, bob: ApiUser) -> None:
    made = prism.starts(alice)
    assert job_events(alice) == [made]
    assert alice.event_types() == ["job"]
    assert bob.event_types() == []
    assert alice.count() == 0, "only its end is a notification"


def test_it_may_start_in_the_middle(prism: Worker, alice: ApiUser) -> None:
    said = {
        "status": "running",
        "progress": 0.25,
        "message": "Reading 48,210 rows",
        "link": "/prism/tasks/7",
        "type": "SYSTEM",
    }
    made = prism.starts(alice, **said)
    assert {name: made[name] for name in said} == said


def test_null_is_as_good_as_nothing(prism: Worker, alice: ApiUser) -> None:
    made = prism.starts(alice, message=None, link=None, type=None)
    assert (made["message"], made["link"], made["type"]) == ("", None, None)


# --- whose it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("by", ["user_id", "username", "external_id"])
def test_the_recipient_goes_by_many_names(
    prism: Worker, alice: ApiUser, by: str, listed: bool
) -> None:
    User.objects.filter(pk=alice.id).update(external_id="auth0|alice")
    name = {"user_id": alice.id, "username": "alice", "external_id": "auth0|alice"}[by]
    to = {f"{by}s": [name]} if listed else {by: name}
    answer = prism.asks({"title": "Export", **to})
    assert answer.status_code == 201, answer.content
    assert answer.json()["user_id"] == alice.id


def test_an_unknown_external_id_becomes_a_user(prism: Worker) -> None:
    made = prism.asks({"external_id": "auth0|new", "title": "Export"}).json()
    assert User.objects.get(external_id="auth0|new").pk == made["user_id"]


@pytest.mark.parametrize(
    ("to", "field"),
    [
        ({}, "non_field_errors"),
        ({"user_id": 1, "username": "alice"}, "non_field_errors"),
        ({"user_id": 1, "user_ids": [1]}, "non_field_errors"),
        ({"broadcast": True}, "broadcast"),
        ({"user_id": 999_999}, "user_id"),
        ({"user_id": 2**70}, "user_id"),
        ({"user_id": 0}, "user_id"),
        ({"user_id": True}, "user_id"),
        ({"user_id": "1.0"}, "user_id"),
        ({"user_id": "9" * 20}, "user_id"),
        ({"user_id": [1]}, "user_id"),
        ({"user_id": None}, "user_id"),
        ({"user_ids": []}, "user_ids"),
        ({"user_ids": [1, 2]}, "user_ids"),
        ({"user_ids": 1}, "user_ids"),
        ({"username": ""}, "username"),
        ({"username": "nobody"}, "username"),
        ({"username": "a" * 151}, "username"),
        ({"usernames": ["a", "b"]}, "usernames"),
        ({"external_id": 7}, "external_id"),
        ({"external_id": "e" * 256}, "external_id"),
    ],
)
def test_exactly_one_who_is_known(prism: Worker, to: dict[str, Any], field: str) -> None:
    answer = prism.asks({"title": "Export", **to})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert list(answer.json()["errors"]) == [field]
    assert not Job.objects.exists()


# --- what it may say -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", None),
        ("title", "t" * 201),
        ("title", ["t"]),
        ("message", "m" * 2_001),
        ("message", {}),
        ("link", "javascript:alert(1)"),
        ("link", "//evil.example"),
        ("type", "NO_SUCH_TYPE"),
        ("status", "succeeded"),
        ("status", "stale"),
        ("status", ""),
        ("status", None),
        ("status", ["queued"]),
        ("progress", -0.01),
        ("progress", 1.01),
        ("progress", True),
        ("progress", "0.5"),
        ("progress", None),
        ("progress", 10**30),
    ],
)
def test_nonsense_is_named(prism: Worker, alice: ApiUser, field: str, value: Any) -> None:
    answer = prism.asks({"user_id": alice.id, "title": "Export", field: value})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_progress_that_is_no_finite_number_is_refused(
    prism: Worker, alice: ApiUser, number: str
) -> None:
    body = f'{{"user_id": {alice.id}, "title": "Export", "progress": {number}}}'
    answer = prism.client.generic("POST", JOBS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")


@pytest.mark.parametrize(("given", "shown"), [(0, 0.0), (1, 1.0), (-0.0, 0.0), (0.5, 0.5)])
def test_progress_is_a_number_from_0_to_1(
    prism: Worker, alice: ApiUser, given: float, shown: float
) -> None:
    made = prism.starts(alice, progress=given)
    assert str(made["progress"]) == str(shown)


def test_the_limits_themselves_are_allowed(prism: Worker, alice: ApiUser) -> None:
    made = prism.starts(alice, title="t" * 200, message="글" * 2_000)
    assert prism.reports(made)["title"] == "t" * 200


# --- who may -------------------------------------------------------------------------------------


def test_only_services_with_the_scope(orders: Service, alice: ApiUser) -> None:
    body = {"user_id": alice.id, "title": "Export"}
    assert orders.post(body, path=JOBS).status_code == 403
    assert alice.client.post(JOBS, body, format="json").status_code == 403
    assert APIClient().post(JOBS, body, format="json").status_code == 401
    assert not Job.objects.exists()


# --- the same key again --------------------------------------------------------------------------


def test_the_same_key_again_is_given_the_first_answer(prism: Worker, alice: ApiUser) -> None:
    body = {"user_id": alice.id, "title": "Export"}
    first = prism.asks(body, key="export-7")
    prism.reports(first.json(), status="running", progress=0.5)
    again = prism.asks(body, key="export-7")
    assert (again.status_code, again.content) == (201, first.content)
    assert Job.objects.count() == 1
    assert prism.asks({**body, "title": "Import"}, key="export-7").json()["code"] == "CONFLICT"
    assert prism.asks(body, key="export-8").json()["id"] != first.json()["id"]


def test_a_key_of_a_send_is_not_one_of_a_job(alice: ApiUser) -> None:
    prism = Service(create_service_key(name="prism")[1])
    # Good for either endpoint.
    both = {"user_ids": [alice.id], "title": "Export", "type": "SYSTEM", "message": "Hello"}
    for number, (first, second) in enumerate([(JOBS, SEND), (SEND, JOBS)]):
        assert prism.post(both, key=str(number), path=first).status_code == 201
        assert prism.post(both, key=str(number), path=second).json()["code"] == "CONFLICT"
    assert (Job.objects.count(), alice.count()) == (1, 1)


def test_what_was_refused_uses_no_key_up(prism: Worker, alice: ApiUser) -> None:
    assert prism.asks({"user_id": 999_999, "title": "Export"}, key="1").status_code == 400
    assert prism.asks({"user_id": alice.id, "title": "Export"}, key="1").status_code == 201
