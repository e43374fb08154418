"""What only our own server can do: readers that stall on a real network, and a staged shutdown."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from realtime.runtime import Runtime
from realtime.server import protocol
from tests.realtime.actors import HOUR_S
from tests.realtime.behaviour.client import JsonClient
from tests.realtime.behaviour.test_socket import TOPIC, happens
from tests.realtime.behaviour.transports import UvicornTransport
from tests.support.deadlines import PATIENCE_S

# More than the kernel's buffers and the outbox hold together.
TIMES, SIZE = 80, 100_000


@pytest.fixture
async def endpoint(runtime: Runtime) -> AsyncIterator[UvicornTransport]:
    endpoint = UvicornTransport(runtime)
    yield endpoint
    await endpoint.end()


async def too_much_happens(other: JsonClient) -> None:
    """Too much for somebody who does not read, and no more at once than `other` can take."""
    for number in range(TIMES):
        await happens(TOPIC, size=SIZE)
        await other.until(lambda received=number + 1: len(other.offsets(TOPIC)) == received)  # type: ignore[misc]


async def test_a_reader_that_stalls_delays_nobody_and_resumes_where_it_was(
    endpoint: UvicornTransport, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It listens again before it is cut off, however long the others take until then.
    monkeypatch.setattr(protocol, "ABORT_S", HOUR_S)
    connection = await endpoint.connect(f"/ws?token={user_id}")
    stalled, other = (
        JsonClient(connection),
        JsonClient(await endpoint.connect(f"/ws?token={user_id}")),
    )
    for client in (stalled, other):
        await client.asks("subscribe", topic=TOPIC)
    connection.stall()
    await too_much_happens(other)
    connection.read_on()
    assert await stalled.is_closed() == (1013, "Slow consumer")
    got = len(stalled.offsets(TOPIC))
    assert stalled.offsets(TOPIC) == list(range(1, got + 1))
    assert got < TIMES
    again = JsonClient(await endpoint.connect(f"/ws?token={user_id}"))
    answer = await again.asks("subscribe", topic=TOPIC, offset=got)
    assert answer["recovered"] is True
    await again.until(lambda: again.offsets(TOPIC) == list(range(got + 1, TIMES + 1)))


async def test_one_that_reads_nothing_at_all_is_cut_off(
    endpoint: UvicornTransport, runtime: Runtime, user_id: int
) -> None:
    connection = await endpoint.connect(f"/ws?token={user_id}")
    stalled, other = (
        JsonClient(connection),
        JsonClient(await endpoint.connect(f"/ws?token={user_id}")),
    )
    for client in (stalled, other):
        await client.asks("subscribe", topic=TOPIC)
    connection.stall()
    await too_much_happens(other)
    async with asyncio.timeout(PATIENCE_S):
        while len(runtime.hub.connections) > 1:
            await happens("things/2")
    assert (await other.asks("ping"))["type"] == "pong"


async def test_a_server_that_is_told_to_stop_says_goodbye_to_all(
    endpoint: UvicornTransport, user_id: int
) -> None:
    clients = [JsonClient(await endpoint.connect(f"/ws?token={user_id + n}")) for n in range(20)]
    for client in clients:
        await client.asks("subscribe", topic=TOPIC)
    shutting = asyncio.create_task(endpoint.shut())
    for client in clients:
        assert await client.is_closed() == (1012, "Draining")
    await shutting
    with pytest.raises(OSError, match="Connect"):
        await endpoint.connect(f"/ws?token={user_id}")
