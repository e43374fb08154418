"""STOMP's acknowledgements outlive their connection, and the instance that it was at."""

import pytest

from tests.contract.site import ApiUser, Site
from tests.contract.stomp_client import StompClient
from tests.contract.transports import WEBSOCKET

QUEUE = "/user/queue/notifications"


async def _connect(url: str, person: ApiUser, version: str = "1.2") -> StompClient:
    name = f"v{version.replace('.', '')}.stomp"
    return await StompClient.connect(
        WEBSOCKET, url, person.token, version=version, subprotocol=name
    )


@pytest.mark.parametrize(
    ("mode", "version"),
    # 1.0 has no `client-individual`.
    [("client", each) for each in ("1.0", "1.1", "1.2")]
    + [("client-individual", each) for each in ("1.1", "1.2")],
)
async def test_what_was_not_acknowledged_comes_again(site: Site, mode: str, version: str) -> None:
    alice = site.person()
    async with await _connect(site.url, alice, version) as first:
        await first.subscribe(QUEUE, ack=mode)
        await site.sends(alice, "one", "two", "three")
        await first.receives(3)
        assert (await first.ack(first.messages()[1])).command == "RECEIPT"
    owed = ["three"] if mode == "client" else ["one", "three"]
    await site.sends(alice, "while away")
    async with await _connect(site.url, alice, version) as again:
        await again.subscribe(QUEUE, ack=mode)
        wanted = [*owed, "while away"]
        assert await again.receives(len(wanted)) == wanted
        for message in again.messages():
            await again.ack(message)
    async with await _connect(site.url, alice, version) as last:
        await last.subscribe(QUEUE, ack=mode)
        await site.sends(alice, "bell")
        assert await last.receives(1) == ["bell"]


async def test_another_instance_owes_what_the_first_one_did(site: Site) -> None:
    alice = site.person()
    here, there = (server.url for server in site.servers[:2])
    async with await _connect(here, alice) as first:
        await first.subscribe(QUEUE, ack="client-individual")
        await site.sends(alice, "one", "two", "three")
        await first.receives(3)
        await first.ack(first.messages()[1])
        assert (await first.asks("DISCONNECT")).command == "RECEIPT"
        await first.ends()
    async with await _connect(there, alice) as again:
        await again.subscribe(QUEUE, ack="client-individual")
        assert await again.receives(2) == ["one", "three"]


async def test_a_killed_instance_takes_no_message_with_it(site: Site) -> None:
    alice = site.person()
    doomed = site.deployment.add()
    first = await _connect(doomed.url, alice)
    await first.subscribe(QUEUE, ack="client")
    await site.sends(alice, "one", "two")
    await first.receives(2)
    doomed.kill()
    await first.close()
    async with await _connect(site.url, alice) as again:
        await again.subscribe(QUEUE, ack="client")
        assert await again.receives(2) == ["one", "two"]


async def test_a_refused_message_comes_again(site: Site) -> None:
    alice = site.person()
    async with await _connect(site.url, alice) as first:
        await first.subscribe(QUEUE, ack="client-individual")
        await site.sends(alice, "one", "two")
        await first.receives(2)
        await first.ack(first.messages()[0], "NACK")
        await first.ack(first.messages()[1])
    async with await _connect(site.url, alice) as again:
        await again.subscribe(QUEUE, ack="client-individual")
        assert await again.receives(1) == ["one"]


async def test_an_acknowledgement_counts_once_its_transaction_is_committed(site: Site) -> None:
    alice = site.person()
    async with await _connect(site.url, alice) as first:
        await first.subscribe(QUEUE, ack="client-individual")
        await site.sends(alice, "one", "two")
        await first.receives(2)
        one, two = (message.headers["ack"] for message in first.messages())
        for transaction, ack, ending in (("a", one, "COMMIT"), ("b", two, "ABORT")):
            await first.asks("BEGIN", transaction=transaction)
            await first.asks("ACK", id=ack, transaction=transaction)
            await first.asks(ending, transaction=transaction)
    async with await _connect(site.url, alice) as again:
        await again.subscribe(QUEUE, ack="client-individual")
        assert await again.receives(1) == ["two"]


async def test_other_subscriptions_and_auto_owe_nothing(site: Site) -> None:
    alice = site.person()
    async with await _connect(site.url, alice) as first:
        await first.subscribe(QUEUE, name="tracked", ack="client")
        await first.subscribe(QUEUE, name="auto")
        await site.sends(alice, "one")
        await first.receives(2)
    async with await _connect(site.url, alice) as again:
        for name in ("auto", "other"):
            await again.subscribe(QUEUE, name=name, ack="client" if name == "other" else "auto")
        await again.subscribe(QUEUE, name="tracked", ack="client")
        assert await again.receives(1, "tracked") == ["one"]
        await site.sends(alice, "bell")
        assert await again.receives(1, "auto") == ["bell"]
        assert await again.receives(1, "other") == ["bell"]
