"""What people and services see of jobs."""

from typing import Any

import orjson
import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from notifications.jobs import selectors
from notifications.jobs.models import Job
from tests.notifications.jobs.workers import JOBS, Worker
from tests.notifications.people import ApiUser, Service, some_users


def ids(client: APIClient, **query: Any) -> list[int]:
    answer = client.get(JOBS, query)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_the_newest_comes_first_in_pages(prism: Worker, alice: ApiUser, bob: ApiUser) -> None:
    mine = [prism.starts(alice) for _ in range(3)]
    prism.starts(bob)
    first = alice.client.get(JOBS, {"size": 2}).json()
    assert first["results"] == mine[:0:-1]
    second = alice.client.get(first["next"]).json()
    assert (second["results"], second["next"]) == ([mine[0]], None)


def test_active_are_those_that_are_waited_for(prism: Worker, alice: ApiUser) -> None:
    jobs = {
        status: prism.starts(alice)["id"]
        for status in ("queued", "running", "succeeded", "failed", "stale")
    }
    for status, job_id in jobs.items():
        Job.objects.filter(pk=job_id).update(status=status)
    assert ids(alice.client, active="true") == [jobs["running"], jobs["queued"]]
    assert ids(alice.client, active="false") == [
        jobs["stale"],
        jobs["failed"],
        jobs["succeeded"],
    ]
    assert len(ids(alice.client)) == 5
    answer = alice.client.get(JOBS, {"active": "perhaps"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["active"])


def test_people_see_their_own(prism: Worker, alice: ApiUser, bob: ApiUser) -> None:
    job = prism.starts(alice)
    where = f"{JOBS}/{job['id']}"
    assert alice.client.get(where).json() == job
    assert bob.client.get(where).status_code == 404
    assert bob.client.get(f"{JOBS}/{2**70}").json()["code"] == "NOT_FOUND"
    assert ids(bob.client) == []
    assert APIClient().get(where).status_code == APIClient().get(JOBS).status_code == 401


def test_services_see_what_they_have_made(
    prism: Worker, orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    made = [prism.starts(alice), prism.starts(bob)]
    other = Worker("billing")
    assert ids(prism.client) == [job["id"] for job in reversed(made)]
    assert ids(other.client) == []
    assert prism.client.get(f"{JOBS}/{made[0]['id']}").json() == made[0]
    assert other.client.get(f"{JOBS}/{made[0]['id']}").status_code == 404
    assert orders.client.get(JOBS).status_code == 403, "its key is for something else"


@pytest.mark.full_only
@pytest.mark.parametrize("active", [None, True])
@pytest.mark.parametrize("whose", ["user", "sender"])
def test_a_first_page_is_read_off_an_index(db: None, whose: str, active: bool | None) -> None:
    user, other = some_users(2)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO notifications_job (user_id, sender, title, message, link, type, status,
                progress, created_at, updated_at, reported_at, told, quiet_until, held)
            SELECT CASE WHEN n %% 5 = 0 THEN %s ELSE %s END,
                   CASE WHEN n %% 7 = 0 THEN 'service:a' ELSE 'service:b' END, 't', '', '', '',
                   CASE WHEN n %% 10 = 1 THEN 'running' ELSE 'succeeded' END,
                   0, now() + n * interval '1 ms', now(), now(), 1, now(), false
            FROM generate_series(1, 50000) AS n
            """,
            [other.pk, user.pk],
        )
        cursor.execute("ANALYZE notifications_job")
    rows = {
        "user": selectors.of_user(user.pk),
        "sender": selectors.of_sender("service:a"),
    }[whose]
    page = selectors.listed(rows, active=active)[:21]
    plan = orjson.loads(page.explain(analyze=True, format="json"))[0]["Plan"]
    scan = plan["Plans"][0]
    assert scan["Node Type"] == "Index Scan", plan
    assert scan["Index Name"] in ("job_of_user", "job_active", "job_of_sender")
    assert scan.get("Rows Removed by Filter", 0) <= (400 if active and whose == "sender" else 0)
    assert timezone.is_aware(page[0].created_at)
