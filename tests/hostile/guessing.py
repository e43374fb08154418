"""Those who guess passwords."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

from tests.hostile.instances import Target
from tests.hostile.traffic import TOKEN
from tests.patience import PATIENCE_S

MANY = tuple(f"127.0.77.{number}" for number in range(1, 41))
_numbers = itertools.count(1)


def visitor(target: Target, address: str) -> httpx.AsyncClient:
    """Somebody at `address`."""
    transport = httpx.AsyncHTTPTransport(local_address=address, verify=False)
    return httpx.AsyncClient(base_url=target.url, timeout=PATIENCE_S, transport=transport)


async def guess(http: httpx.AsyncClient, name: str, password: str = "wrong") -> httpx.Response:
    return await http.post(TOKEN, json={"username": name, "password": password})


@asynccontextmanager
async def guessing(target: Target, addresses: Sequence[str] = MANY) -> AsyncIterator[None]:
    """From each address one guess after the other, each for another name, until the end."""

    async def keeps_guessing(address: str) -> None:
        async with visitor(target, address) as http:
            while True:
                await guess(http, f"stranger-{next(_numbers)}")

    tasks = [asyncio.create_task(keeps_guessing(address)) for address in addresses]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended
