"""A job from its making to its notification, as it is seen through a real socket."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.users import UserPool, create_users
from tests.support.json_client import JsonClient, connect
from tests.support.servers import Deployment

JOBS = "/api/v1/jobs"
REPORTS = 150


@pytest.fixture(scope="module")
def cast(deployment: Deployment) -> UserPool:
    return create_users(deployment, people=1)


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


class Prism:
    """The service, at one instance."""

    def __init__(self, http: httpx.Client, cast: UserPool) -> None:
        self._http = http
        self._key = cast.key
        self._url = cast.urls[0]

    async def starts(self, username: str) -> dict[str, Any]:
        return await self._asks("POST", JOBS, username=username, title="Sales report")

    async def reports(self, job: dict[str, Any], **said: Any) -> dict[str, Any]:
        return await self._asks("PATCH", f"{JOBS}/{job['id']}", **said)

    async def _asks(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Api-Key {self._key}"}
        answer = await asyncio.to_thread(
            self._http.request, method, self._url + path, json=body, headers=headers
        )
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


def shapes(client: JsonClient) -> list[dict[str, Any]]:
    return [frame["data"] for frame in client.all_of("job")]


async def test_a_bar_moves_and_rings_at_the_end(
    deployment: Deployment, http: httpx.Client, cast: UserPool
) -> None:
    person, prism = cast.person(), Prism(http, cast)
    async with await connect(deployment.servers[0].ws_url, person.token) as page:
        await page.is_greeted()
        made = await prism.starts(person.name)
        said = [
            await prism.reports(made, status="running", progress=0.5),
            await prism.reports(made, status="succeeded", message="Ready"),
        ]
        bell = (await page.receives("notification"))["data"]
        assert shapes(page) == [made, *said]
        assert (bell["type"], bell["title"]) == ("PRISM_TASK_COMPLETED", "Sales report")
        assert (bell["message"], bell["reference_id"]) == ("Ready", str(made["id"]))
        assert page.offsets() == [1, 2, 3, 4]


async def test_what_a_killed_instance_held_back_is_told_by_another(
    deployments: Callable[..., Deployment], http: httpx.Client
) -> None:
    deployment = deployments(instances=2)
    cast = create_users(deployment, people=1)
    person, prism = cast.person(), Prism(http, cast)
    reporting, other = deployment.servers
    async with await connect(other.ws_url, person.token) as page:
        await page.is_greeted()
        made = last = await prism.starts(person.name)
        for number in range(1, REPORTS):
            last = await prism.reports(made, progress=number / REPORTS)
        reporting.kill()
        await page.until(lambda: last in shapes(page))
        assert shapes(page)[-1] == last
        progress = [job["progress"] for job in shapes(page)]
        assert progress == sorted(set(progress))


async def test_a_job_that_nobody_reports_on_goes_stale_by_itself(
    deployments: Callable[..., Deployment], http: httpx.Client
) -> None:
    deployment = deployments(BELLWIRE_JOB_STALE_S=1)
    cast = create_users(deployment, people=1)
    person, prism = cast.person(), Prism(http, cast)
    async with await connect(deployment.servers[0].ws_url, person.token) as page:
        await page.is_greeted()
        made = await prism.starts(person.name)
        stale = (await page.receives("job", 2))["data"]
        assert stale == {**made, "status": "stale", "updated_at": stale["updated_at"]}
        revived = await prism.reports(made)
        assert revived["status"] == "running"
        assert (await page.receives("job", 3))["data"] == revived
