"""A job as a service reports it, and as its user has it at the end."""

import asyncio
import logging
import uuid
from typing import Any

import httpx
import pytest

from bellwire_client import (
    ConflictError,
    InvalidError,
    Job,
    JobStatus,
    NotFoundError,
    Retries,
    TransportError,
)
from tests.bellwire_client.company import ApiUser, Company
from tests.bellwire_client.conftest import Proxies
from tests.bellwire_client.either import Client, Clock, Opener, done, running
from tests.bellwire_client.proxy import ANSWER_LOST, ANSWER_RESET, responds
from tests.e2e.services import inbox
from tests.support.servers import Deployment


async def jobs_of(deployment: Deployment, person: ApiUser) -> list[Any]:
    """What the user waits for, over REST."""
    headers = {"Authorization": f"Bearer {person.token}"}
    async with httpx.AsyncClient(headers=headers, trust_env=False, verify=False) as http:  # noqa: S501
        answer = await http.get(f"{deployment.url}/api/v1/jobs", timeout=60)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


async def endings(
    deployment: Deployment, person: ApiUser
) -> list[tuple[str, str, str, str | None]]:
    """The notifications that the user has got, newest first."""
    rows = await inbox(deployment.url, person.token)
    return [(row["type"], row["title"], row["message"], row["link"]) for row in rows]


async def test_a_job_is_created_moved_and_finished(
    client: Client, company: Company, deployment: Deployment
) -> None:
    alice = company.person()
    created = await done(
        client.create_job(username=alice.name, title="Sales report", link="/reports/7")
    )
    assert isinstance(created, Job)
    assert (created.status, created.progress, created.message) == (JobStatus.QUEUED, 0.0, "")

    moved = await done(
        client.update_job(created.id, status="running", progress=0.4, message="48,210 rows read")
    )
    assert (moved.status, moved.progress, moved.message) == ("running", 0.4, "48,210 rows read")
    assert (moved.id, moved.user_id, moved.title) == (created.id, created.user_id, created.title)
    assert moved.created_at == created.created_at < moved.updated_at

    ended = await done(client.update_job(created.id, status=JobStatus.SUCCEEDED, message="Ready"))
    assert (ended.status, ended.progress, ended.link) == (JobStatus.SUCCEEDED, 1.0, "/reports/7")

    (shown,) = await jobs_of(deployment, alice)
    assert (shown["id"], shown["status"]) == (created.id, "succeeded")
    assert await endings(deployment, alice) == [
        ("PRISM_TASK_COMPLETED", "Sales report", "Ready", "/reports/7")
    ]


async def test_a_finished_job_cannot_change(client: Client, company: Company) -> None:
    job = await done(client.create_job(username=company.person().name, title="Export"))
    await done(client.update_job(job.id, status="failed", message="No such file"))
    with pytest.raises(ConflictError):
        await done(client.update_job(job.id, progress=0.5))


async def test_another_services_job_is_not_found(
    client: Client, opens: Opener, company: Company, deployment: Deployment
) -> None:
    job = await done(client.create_job(username=company.person().name, title="Export"))
    other = await opens(deployment.url, company.other_key)
    with pytest.raises(NotFoundError):
        await done(other.update_job(job.id, progress=0.5))


async def ask_to_cancel(deployment: Deployment, person: ApiUser, job_id: int) -> None:
    headers = {"Authorization": f"Bearer {person.token}"}
    async with httpx.AsyncClient(headers=headers, trust_env=False, verify=False) as http:  # noqa: S501
        answer = await http.post(f"{deployment.url}/api/v1/jobs/{job_id}/cancel", timeout=60)
    assert answer.status_code == 200, answer.text


async def test_a_job_of_several_people_is_cancelled_by_one_of_them(
    client: Client, company: Company, deployment: Deployment
) -> None:
    alice, bob = company.person(), company.person()
    names = [alice.name, bob.name]
    requested = []
    async with running(client.job(title="Sales report", usernames=names)) as job:
        assert len(job.job.user_ids) == 2
        for progress in (0.2, 0.4):
            await done(job.progress(progress))
            requested.append(job.cancel_requested)
            await ask_to_cancel(deployment, bob, job.id)
        assert requested == [False, True], "the next report's answer says so"
        await done(job.cancel("4 of 10 sheets"))

    assert job.job.status == JobStatus.CANCELLED
    for person in (alice, bob):
        (shown,) = await jobs_of(deployment, person)
        assert (shown["id"], shown["status"]) == (job.id, "cancelled")
        assert await endings(deployment, person) == [
            ("PRISM_TASK_CANCELLED", "Sales report", "4 of 10 sheets", None)
        ]


# --- with client.job(…) --------------------------------------------------------------------------


async def test_a_job_runs_from_the_beginning_of_its_block_and_succeeds_at_its_end(
    client: Client, company: Company, deployment: Deployment
) -> None:
    alice = company.person()
    async with running(client.job(username=alice.name, title="Sales report")) as job:
        assert job.job.status == JobStatus.RUNNING
        await done(job.progress(0.4, "48,210 rows read"))
        (shown,) = await jobs_of(deployment, alice)
        assert (shown["id"], shown["progress"]) == (job.id, 0.4)

    assert (job.job.status, job.job.progress) == (JobStatus.SUCCEEDED, 1.0)
    ((kind, title, *_),) = await endings(deployment, alice)
    assert (kind, title) == ("PRISM_TASK_COMPLETED", "Sales report")


async def test_an_error_fails_the_job_goes_on_and_keeps_its_words_from_the_user(
    client: Client, company: Company, deployment: Deployment
) -> None:
    alice = company.person()
    with pytest.raises(ZeroDivisionError):
        async with running(client.job(username=alice.name, title="Sales report")) as job:
            raise ZeroDivisionError("password=hunter2")

    assert job.job.status == JobStatus.FAILED
    ((kind, _, message, _),) = await endings(deployment, alice)
    assert kind == "PRISM_TASK_FAILED"
    assert "hunter2" not in message


async def test_a_job_may_end_in_words_of_its_own(
    client: Client, company: Company, deployment: Deployment
) -> None:
    alice = company.person()
    async with running(client.job(username=alice.name, title="Sales report")) as job:
        await done(job.succeed("12 pages", link="/reports/7"))
    async with running(client.job(username=alice.name, title="Translation")) as job:
        await done(job.fail("The file is empty"))

    assert await endings(deployment, alice) == [
        ("PRISM_TASK_FAILED", "Translation", "The file is empty", None),
        ("PRISM_TASK_COMPLETED", "Sales report", "12 pages", "/reports/7"),
    ]


async def test_a_cancelled_task_fails_its_job(
    client: Client, company: Company, deployment: Deployment
) -> None:
    alice = company.person()
    with pytest.raises(asyncio.CancelledError):
        async with running(client.job(username=alice.name, title="Sales report")):
            raise asyncio.CancelledError
    ((kind, *_),) = await endings(deployment, alice)
    assert kind == "PRISM_TASK_FAILED"


async def test_outside_of_its_block_a_job_is_none(client: Client) -> None:
    job = client.job(user_id=1, title="Sales report")
    with pytest.raises(RuntimeError, match="inside"):
        await done(job.progress(0.5))


# --- over a network that fails -------------------------------------------------------------------


async def test_every_answer_lost_once_still_makes_one_job_and_one_notification(
    opens: Opener, proxies: Proxies, company: Company, deployment: Deployment
) -> None:
    alice = company.person()
    proxy = proxies(ANSWER_LOST)
    client = await opens(proxy.url, company.key)

    async with running(client.job(username=alice.name, title="Sales report")) as job:
        proxy.fails_next(ANSWER_RESET)
        await done(job.progress(0.4))
        proxy.fails_next(ANSWER_LOST)

    assert job.job.status == JobStatus.SUCCEEDED
    assert [row["id"] for row in await jobs_of(deployment, alice)] == [job.id]
    assert len(await endings(deployment, alice)) == 1
    assert [seen.method for seen in proxy.seen] == ["POST"] * 2 + ["PATCH"] * 4


async def test_the_same_key_creates_one_job(
    client: Client, company: Company, deployment: Deployment
) -> None:
    alice, key = company.person(), uuid.uuid4().hex
    first, second = [
        await done(client.create_job(username=alice.name, title="Export", idempotency_key=key))
        for _ in range(2)
    ]
    assert first == second
    assert len(await jobs_of(deployment, alice)) == 1


async def test_a_bar_that_cannot_be_moved_does_not_stop_the_work(
    opens: Opener,
    proxies: Proxies,
    company: Company,
    deployment: Deployment,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    alice = company.person()
    proxy = proxies()
    client = await opens(proxy.url, company.key)

    async with running(client.job(username=alice.name, title="Sales report")) as job:
        for _ in range(2):
            proxy.fails_next(responds(503))
        with caplog.at_level(logging.WARNING, "bellwire_client"):
            await done(job.progress(0.4))
        # One more try, and no longer: the next report says more.
        assert clock.slept == [0.25]
        await done(job.progress(0.1 + 0.2 + 0.3 + 0.4 + 0.2))

        assert job.job.progress == 1.0
    assert "not reported" in caplog.text
    assert job.job.status == JobStatus.SUCCEEDED


async def test_an_error_of_the_work_is_not_hidden_by_one_of_its_report(
    opens: Opener, proxies: Proxies, company: Company, deployment: Deployment
) -> None:
    proxy = proxies()
    client = await opens(proxy.url, company.key)

    async def works() -> None:
        async with running(client.job(username=company.person().name, title="Report")):
            proxy.fails_next(responds(500))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await works()


async def test_a_success_that_may_have_been_heard_is_not_followed_by_a_failure(
    opens: Opener, proxies: Proxies, company: Company, deployment: Deployment
) -> None:
    alice = company.person()
    proxy = proxies()
    client = await opens(proxy.url, company.key, retries=Retries(attempts=1))

    async def works() -> None:
        async with running(client.job(username=alice.name, title="Report")) as job:
            proxy.fails_next(ANSWER_LOST)
            await done(job.succeed("12 pages"))

    with pytest.raises(TransportError):
        await works()
    assert [seen.method for seen in proxy.seen] == ["POST", "PATCH"]
    assert [kind for kind, *_ in await endings(deployment, alice)] == ["PRISM_TASK_COMPLETED"]


async def test_an_ending_that_was_refused_leaves_the_job_to_fail(
    client: Client, company: Company, deployment: Deployment
) -> None:
    alice = company.person()

    async def works() -> None:
        async with running(client.job(username=alice.name, title="Report")) as job:
            await done(job.succeed(link="javascript:alert(1)"))

    with pytest.raises(InvalidError) as caught:
        await works()
    assert list(caught.value.errors) == ["link"]
    assert [kind for kind, *_ in await endings(deployment, alice)] == ["PRISM_TASK_FAILED"]
