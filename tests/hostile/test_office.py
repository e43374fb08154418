"""Two hundred people behind one address, in their morning: nobody is refused anything."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.hostile.api_user import PASSWORD, ApiUser
from tests.hostile.instances import Target
from tests.hostile.users import HostileUsers
from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import connect

pytestmark = pytest.mark.full_only

PEOPLE = 200
TABS = 2
ADDRESS = "127.0.0.200"
# They do not all press a key in the same millisecond.
AT_ONCE = 50


async def test_an_office_of_two_hundred_behind_one_address_is_let_in(
    patient: Target, users: HostileUsers
) -> None:
    before = patient.connections()
    turn = asyncio.Semaphore(AT_ONCE)
    everyone_is_in = asyncio.Barrier(PEOPLE)
    statuses: Counter[int] = Counter()

    async def morning(person: ApiUser) -> None:
        async with AsyncExitStack() as tabs:
            async with turn:
                token = await _sign_in_and_read(patient, person, statuses)
                opened = [
                    await tabs.enter_async_context(
                        await connect(patient.ws_url, token, local_address=ADDRESS)
                    )
                    for _ in range(TABS)
                ]
                for tab in opened:
                    await tab.is_greeted()
            await everyone_is_in.wait()
            for tab in opened:
                assert (await tab.asks("ping"))["type"] == "pong"

    async with asyncio.TaskGroup() as office:
        for person in users.office(PEOPLE):
            office.create_task(morning(person))

    assert statuses == {200: 3 * PEOPLE}
    await patient.is_normal(connections=before)


async def _sign_in_and_read(target: Target, person: ApiUser, statuses: Counter[int]) -> str:
    transport = httpx.AsyncHTTPTransport(local_address=ADDRESS, verify=False)
    async with httpx.AsyncClient(
        base_url=target.url, timeout=PATIENCE_S, transport=transport
    ) as http:
        body = {"username": person.name, "password": PASSWORD}
        answer = await http.post("/api/v1/auth/token", json=body)
        statuses[answer.status_code] += 1
        token: str = answer.json()["access"]
        for path in ("/api/v1/notifications", "/api/v1/rooms"):
            asked = await http.get(path, headers={"Authorization": f"Bearer {token}"})
            statuses[asked.status_code] += 1
    return token
