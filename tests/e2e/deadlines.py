"""Waiting for what no frame tells: a metric, a row, a process's end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from tests.support.deadlines import PATIENCE_S

Found = TypeVar("Found")

POLL_S = 0.05


async def eventually(look: Callable[[], Awaitable[Found]], *, what: str) -> Found:
    """Ask `look` until it returns something true. Raises `AssertionError` that names `what`."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not (found := await look()):
        assert asyncio.get_running_loop().time() < deadline, f"not within {PATIENCE_S} s: {what}"
        await asyncio.sleep(POLL_S)
    return found


async def metric(url: str, name: str) -> float:
    """The sum of a Prometheus family's samples on one instance."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:  # noqa: S501
        text = (await http.get(f"{url}/metrics")).text
    return sum(
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith((f"{name} ", f"{name}{{"))
    )
