"""A client that stops reading: it alone pays for it, and loses nothing."""

import asyncio

from tests.clients import Client
from tests.e2e.cast import Cast
from tests.e2e.conftest import Connects
from tests.e2e.deadlines import eventually, metric
from tests.e2e.services import Service
from tests.servers import Deployment

DEAF = 8
# Events of 8 KB: several times what an outbox, a transport's buffer and two kernels hold together.
EVENTS, BYTES, WARM_UP = 400, 8_000, 40
OUTBOX_BYTES, NARROW = 256 * 1024, 16 * 1024
# Kept for all of them the events would be 51 MB, as a frame holds its payload in two forms; the
# outboxes are 4 MB, and the rest is for what the requests leave behind.
MEMORY_BYTES = 36 * 1024 * 1024
# Nineteen of twenty events; a machine that stalls may hold up the others.
ON_TIME_S = 2.0


async def test_clients_that_stop_reading_delay_nobody_and_are_let_go_and_resume_without_a_loss(
    deployment: Deployment, cast: Cast, connects: Connects
) -> None:
    server = deployment.add(BELLWIRE_OUTBOX_BYTES=OUTBOX_BYTES)
    person, people = cast.person(), cast.people(DEAF)
    names = [each.name for each in people]
    absent = [each.name for each in cast.people(1 + DEAF)]
    alice = await (await connects(server.ws_url, person.token)).is_greeted()
    attentive = await (await connects(server.ws_url, people[0].token)).is_greeted()
    deaf = [await connects(server.ws_url, who.token, receive_buffer=NARROW) for who in people]
    for client in deaf:
        await client.is_greeted()
        client.stop_reading()
    text = "\N{BELL}" * (BYTES // 4)

    async with Service(cast.key, server.url) as orders:
        began: dict[int, float] = {}

        async def send(times: int, *to: str) -> None:
            for _ in range(times):
                sent = await orders.sends(text, *to)
                began[sent.body["ids"][0]] = sent.began

        # The server's threads are there, and what they keep for themselves after such requests.
        await asyncio.gather(*(send(WARM_UP // 4, person.name, *absent) for _ in range(4)))
        memory = server.memory_bytes()
        sending = asyncio.gather(*(send(EVENTS // 4, person.name, *names) for _ in range(4)))

        async def overflows() -> bool:
            return await metric(server.url, "bellwire_outbox_overflows_total") == DEAF

        await eventually(overflows, what="every deaf client's outbox overflows")
        await sending
        grown = server.memory_bytes() - memory

    everything = list(range(1, EVENTS + 1))
    for client, offsets in ((alice, range(1, WARM_UP + EVENTS + 1)), (attentive, everything)):
        await client.hears_offset(offsets[-1])
        assert client.offsets() == list(offsets)
        assert client.closed is None
    heard = {
        frame["data"]["id"]: at
        for frame, at in zip(alice.frames, alice.heard_at, strict=True)
        if frame["type"] == "notification"
    }
    late = sorted(heard[number] - at for number, at in began.items())
    assert late[len(late) * 19 // 20] < ON_TIME_S, late[-20:]
    assert grown < MEMORY_BYTES, f"grown by {grown / 2**20:.1f} MiB"

    # Who listens again within 2 s is told why, the others are cut off.
    closes = [await _ends(client) for client in deaf]
    assert set(closes) <= {(1013, "Slow consumer"), (1006, "")}
    for client, close in zip(deaf, closes, strict=True):
        if close[0] == 1013:
            assert client.frames[-1]["code"] == "SLOW_CONSUMER"
        before = client.offsets()
        async with await client.resume() as again:
            await again.hears_offset(EVENTS)
            assert before + again.offsets() == everything


async def _ends(client: Client) -> tuple[int, str]:
    """What a client that listens again finds at the end of what the kernel has kept for it."""
    client.read_again()
    return await client.is_closed()
