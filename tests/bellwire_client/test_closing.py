"""A client is shared while it lives, and leaves no connection behind."""

import asyncio
import uuid

import httpx
import pytest

from bellwire_client import AsyncBellwire, Bellwire, Sent
from tests.bellwire_client import stored
from tests.bellwire_client.company import Company
from tests.bellwire_client.either import Client
from tests.support.servers import Deployment


async def test_threads_and_tasks_share_one_client(
    client: Client, company: Company, deployment: Deployment
) -> None:
    message = f"at once {uuid.uuid4()}"

    async def sends() -> Sent:
        if isinstance(client, Bellwire):
            return await asyncio.to_thread(
                client.send, external_ids=["somebody"], type="SYSTEM", message=message
            )
        return await client.send(external_ids=["somebody"], type="SYSTEM", message=message)

    sent = await asyncio.gather(*(sends() for _ in range(20)))
    ids = sorted(each.ids[0] for each in sent)
    assert stored.notifications(deployment, message) == ids
    assert len(set(ids)) == 20


def test_a_closed_client_asks_nothing_more(deployment: Deployment, company: Company) -> None:
    with Bellwire(deployment.url, company.key) as client:
        client.send(external_ids=["somebody"], type="SYSTEM", message="…")
    with pytest.raises(RuntimeError, match="closed"):
        client.send(external_ids=["somebody"], type="SYSTEM", message="…")


async def test_a_closed_async_client_asks_nothing_more(
    deployment: Deployment, company: Company
) -> None:
    async with AsyncBellwire(deployment.url, company.key) as client:
        await client.send(external_ids=["somebody"], type="SYSTEM", message="…")
    with pytest.raises(RuntimeError, match="closed"):
        await client.send(external_ids=["somebody"], type="SYSTEM", message="…")


async def test_who_brings_the_connections_keeps_them() -> None:
    with httpx.Client() as http:
        Bellwire("http://bellwire.example", "key", http=http).close()
        assert not http.is_closed
    async with httpx.AsyncClient() as http_async:
        await AsyncBellwire("http://bellwire.example", "key", http=http_async).aclose()
        assert not http_async.is_closed
