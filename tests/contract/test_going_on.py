"""What is not shown moves the position; who does not read holds up nobody; who leaves says so."""

import asyncio
from collections.abc import Callable

import pytest

from tests.contract.conftest import SETTINGS, on_site
from tests.contract.lines import Line, Transport, notifications_of
from tests.contract.site import BROADCAST, Site
from tests.contract.transports import TRANSPORTS
from tests.support.servers import Deployment

# Far beyond the patience of whoever stops a server here: it ends because all of them listen.
DRAIN_S = 3600
# Large events of which a reader that reads keeps up with so many.
AT_ONCE = 5
STREAMS = [
    transport for transport in TRANSPORTS if transport.lasts and not transport.name.endswith("-xhr")
]


async def test_an_event_that_is_not_shown_moves_the_position(
    site: Site, transport: Transport
) -> None:
    alice = site.person()
    subscription = notifications_of(alice.id)
    async with await transport.open(site.url, alice.token, subscription) as line:
        [first] = await site.sends(alice, "one")
        await line.receives(1)
        await site.reads(alice, first)
        await site.sends(alice, "two")
        assert await line.receives(2) == ["one", "two"]
        epoch, head = site.head(alice.topic)
        await line.until(lambda: line.at[alice.topic] == (epoch, head))
        assert head == 3
    before = f"{epoch}:1;{epoch}:{site.head(BROADCAST)[1]}"
    async with await transport.open(site.url, alice.token, subscription, since=before) as again:
        assert await again.receives(1) == ["two"]
    assert again.recovered
    assert again.at[alice.topic] == (epoch, head)


async def test_nothing_is_lost_under_a_steady_stream(site: Site, transport: Transport) -> None:
    """Least of all between two polls."""
    alice = site.person()

    async def send() -> None:
        for n in range(60):
            await site.publishes((alice.topic, str(n)))

    async with await transport.open(site.url, alice.token, notifications_of(alice.id)) as line:
        await asyncio.gather(send(), line.receives(60))
        assert line.texts == [str(n) for n in range(60)]


@pytest.mark.parametrize("slow", STREAMS, ids=lambda transport: transport.name)
async def test_a_slow_reader_is_let_go_delays_nobody_and_loses_nothing(
    site: Site, slow: Transport
) -> None:
    alice, bob = site.person(), site.person("bob")
    count, large = 60, "x" * 30_000
    other = TRANSPORTS[0]
    subscription = notifications_of(alice.id)
    async with (
        await slow.open(site.url, alice.token, subscription, receive_buffer=4096) as sleeper,
        await other.open(site.url, alice.token, subscription) as awake,
        await other.open(site.url, bob.token, notifications_of(bob.id)) as bystander,
    ):
        sleeper.stop_reading()
        for n in range(count):
            await site.publishes((alice.topic, f"{n} {large}"))
            if n % AT_ONCE == AT_ONCE - 1:
                # On a slow machine it could fall behind as well, and would be let go.
                await awake.receives(n + 1)
        await site.sends(bob, "hello")
        assert await bystander.receives(1) == ["hello"]
        # It was let go: the server takes its own end, and nothing more is kept for it.
        sleeper.read_again()
        await sleeper.ends()
        taken = len(sleeper.bodies)
        assert taken < count
    async with await slow.open(
        site.url, alice.token, subscription, since=sleeper.position
    ) as again:
        await again.receives(count - taken)
    assert again.recovered
    received = [int(text.split()[0]) for text in sleeper.texts + again.texts]
    assert received == list(range(count))


async def test_a_draining_instance_ends_every_line_in_its_own_way(
    deployments: Callable[..., Deployment],
) -> None:
    deployment = deployments(1, **SETTINGS, BELLWIRE_DRAIN_S=DRAIN_S)
    with on_site(deployment) as site:
        lines: dict[str, Line] = {}
        people = {}
        for transport in TRANSPORTS:
            alice = people[transport.name] = site.person()
            lines[transport.name] = await transport.open(
                site.url, alice.token, notifications_of(alice.id)
            )
        stopped = asyncio.create_task(asyncio.to_thread(deployment.server.stop))
        for name, line in lines.items():
            end = await line.ends()
            if name == "long-poll":
                # The poll was answered; the one after it found nobody, or was told to go elsewhere.
                assert end.status in (-1, 503), (name, end)
                assert line.position
            else:
                assert end.status == (0 if name == "sse" else 1012), (name, end)
            await line.close()
        assert await stopped == 0
        assert "Traceback" not in deployment.server.log()
        # Another instance goes on where the first one stopped.
        second = deployment.add()
        for transport in TRANSPORTS:
            alice = people[transport.name]
            await site.publishes((alice.topic, "meanwhile"))
            async with await transport.open(
                second.url,
                alice.token,
                notifications_of(alice.id),
                since=lines[transport.name].position,
            ) as line:
                assert await line.receives(1) == ["meanwhile"]
