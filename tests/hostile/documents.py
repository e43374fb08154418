"""Documents that are small, and expensive to read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.hostile.guessing import visitor
from tests.hostile.instances import Target

# More at once than there are places for requests.
AT_ONCE = 14
HTML = {
    "nested elements": "<div>" * 20_000,
    "nested lists": "<ul><li>" * 20_000,
    "nested tables": "<table><tr><td>" * 10_000,
    "open tags": "<a " * 30_000,
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(15_000)) + ">",
    "entities": "&" * 100_000,
    "comments": "<!--" * 25_000,
}


@asynccontextmanager
async def reading(target: Target, key: str, name: str) -> AsyncIterator["list[asyncio.Task[int]]"]:
    """Documents of `HTML`, all different, under way. Their tasks return the statuses."""
    async with visitor(target, "127.0.0.66") as http:
        tasks = [
            asyncio.create_task(_send(http, key, f"{name} {number}", HTML[name]))
            for number in range(AT_ONCE)
        ]
        try:
            yield tasks
        finally:
            await asyncio.gather(*tasks, return_exceptions=True)


async def _send(http: httpx.AsyncClient, key: str, title: str, content: str) -> int:
    answer = await http.post(
        "/api/v1/chat/documents",
        json={"title": title, "content": content + title, "content_type": "text/html"},
        headers={"Authorization": f"Api-Key {key}"},
    )
    return answer.status_code
