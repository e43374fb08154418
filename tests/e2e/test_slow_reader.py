"""A client that stops reading: it alone pays for it, and loses nothing."""

import asyncio

from tests.e2e.conftest import Connects
from tests.e2e.deadlines import eventually, metric
from tests.e2e.services import Service
from tests.e2e.users import UserPool
from tests.support.json_client import JsonClient
from tests.support.servers import Deployment

# Of the deaf so many are let in again; one is like the other.
DEAF, RESUMED = 16, 4
# Events of 8 KB: several times what an outbox, a transport's buffer and two kernels hold together.
WARM_UP, EVENTS, BYTES = 100, 200, 8_000
OUTBOX_BYTES, NARROW = 128 * 1024, 16 * 1024
# Without a bound on the outboxes the server grows by 75 MiB, with it by 10 to 17, both measured on
# two cores with fifteen programs at work.
MEMORY_BYTES = 36 * 1024 * 1024


async def test_clients_that_stop_reading_delay_nobody_and_are_let_go_and_resume_without_a_loss(
    deployment: Deployment, cast: UserPool, connects: Connects
) -> None:
    server = deployment.add(BELLWIRE_OUTBOX_BYTES=OUTBOX_BYTES)
    person, people = cast.person(), cast.people(DEAF)
    names = [each.name for each in people]
    alice = await (await connects(server.ws_url, person.token)).is_greeted()
    attentive = await (await connects(server.ws_url, people[0].token)).is_greeted()
    deaf = [await connects(server.ws_url, who.token, receive_buffer=NARROW) for who in people]
    text = "\N{BELL}" * (BYTES // 4)

    async with Service(cast.key, server.url) as orders:

        async def send(times: int) -> None:
            for _ in range(times):
                await orders.sends(text, person.name, *names)

        # While all of them read: what the server's threads and its loop keep for themselves after
        # such events is there before the outboxes are measured.
        await asyncio.gather(*(send(WARM_UP // 4) for _ in range(4)))
        for client in deaf:
            await client.receives_offset(WARM_UP)
            client.stop_reading()
        memory = server.memory_bytes()
        sending = asyncio.gather(*(send(EVENTS // 4) for _ in range(4)))

        async def overflows() -> bool:
            return await metric(server.url, "bellwire_outbox_overflows_total") == DEAF

        await eventually(overflows, what="every deaf client's outbox overflows")
        await sending
        grown = server.memory_bytes() - memory

    # Who reads has everything, while the deaf have yet to read on.
    everything = list(range(1, WARM_UP + EVENTS + 1))
    for client in (alice, attentive):
        await client.receives_offset(everything[-1])
        assert client.offsets() == everything
        assert client.closed is None
    assert grown < MEMORY_BYTES, f"grown by {grown / 2**20:.1f} MiB"

    # Who listens again within 2 s is told why, the others are cut off.
    closes = [await _ends(client) for client in deaf]
    assert set(closes) <= {(1013, "Slow consumer"), (1006, "")}
    for client, close in list(zip(deaf, closes, strict=True))[:RESUMED]:
        if close[0] == 1013:
            assert client.frames[-1]["code"] == "SLOW_CONSUMER"
        before = client.offsets()
        async with await client.resume() as again:
            await again.receives_offset(everything[-1])
            assert before + again.offsets() == everything


async def _ends(client: JsonClient) -> tuple[int, str]:
    """What a client that listens again finds at the end of what the kernel has kept for it."""
    client.read_again()
    return await client.is_closed()
