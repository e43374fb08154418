"""Those who guess passwords."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from ipaddress import IPv4Address
from typing import Any

import httpx

from tests.hostile.instances import Target
from tests.hostile.traffic import TOKEN
from tests.support.deadlines import PATIENCE_S

MANY = tuple(f"127.0.77.{number}" for number in range(1, 41))
# None of a test or of the benchmark is higher.
_FIRST_NEW = IPv4Address("127.100.0.1")
_numbers = itertools.count(1)


def visitor(target: Target, address: str) -> httpx.AsyncClient:
    """Somebody at `address`."""
    transport = httpx.AsyncHTTPTransport(local_address=address, verify=False)
    return httpx.AsyncClient(base_url=target.url, timeout=PATIENCE_S, transport=transport)


async def guess(http: httpx.AsyncClient, name: str, password: str = "wrong") -> httpx.Response:
    return await http.post(TOKEN, json={"username": name, "password": password})


@asynccontextmanager
async def guessing(
    target: Target, addresses: Sequence[str] = MANY, *, name: str = ""
) -> AsyncIterator[None]:
    """From each address one guess after the other, at `name` or each at another, until the end."""

    async def keeps_guessing(address: str) -> None:
        async with visitor(target, address) as http:
            while True:
                await guess(http, name or f"stranger-{next(_numbers)}")

    async with _held([keeps_guessing(address) for address in addresses]):
        yield


@asynccontextmanager
async def guessing_from_new_addresses(target: Target, *, apart: int = 1) -> AsyncIterator[None]:
    """As many at once, but each guess from an address that no other came from, so far `apart`."""

    async def keeps_guessing() -> None:
        while True:
            number = next(_numbers)
            address = str(_FIRST_NEW + number * apart)
            async with visitor(target, address) as http:
                await guess(http, f"stranger-{number}")

    async with _held([keeps_guessing() for _ in MANY]):
        yield


GUESSES: Mapping[str, Callable[[Target], AbstractAsyncContextManager[None]]] = {
    "from 40 addresses": guessing,
    "at one name from 40 addresses": partial(guessing, name="person-0"),
    "from an office of 40": partial(guessing, addresses=("127.0.79.1",) * 40),
    "from new addresses": guessing_from_new_addresses,
    "from new networks": partial(guessing_from_new_addresses, apart=256),
}


@asynccontextmanager
async def _held(attackers: Sequence[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(attacker) for attacker in attackers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended
