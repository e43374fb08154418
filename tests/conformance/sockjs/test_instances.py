"""Two instances that share sessions, and what a client notices when one of them goes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.conformance.sockjs.client import TRANSPORTS, SockJSClient, in_turn
from tests.conformance.sockjs.company import Company, People
from tests.conformance.sockjs.http import get, polls, post
from tests.support.balancer import Balancer
from tests.support.deadlines import PATIENCE_S
from tests.support.parts import RedisServer
from tests.support.servers import Deployment, Server

pytestmark = pytest.mark.full_only

PING = {"type": "ping", "ref": "p"}
Make = Callable[..., Deployment]


@dataclass
class Pair:
    """`owner` opened the session of `client`, whose other requests all go to `proxy`."""

    deployment: Deployment
    owner: Server
    proxy: Server
    client: SockJSClient
    user_id: int


@asynccontextmanager
async def pair(deployment: Deployment, transport: str) -> AsyncIterator[Pair]:
    """A session with a receiver that waits at the proxy."""
    owner, proxy = deployment.servers[:2]
    token, user_id = await People(deployment, "ann").sign_in("ann")
    bases = [f"{owner.url}/ws", f"{proxy.url}/ws"]
    client = SockJSClient(
        lambda number: bases[min(number, 1)], transport=transport, query=f"?token={token}"
    )
    if transport != "xhr":
        opened = await post(f"{bases[0]}/000/{client.session}/xhr?token={token}")
        assert opened.text == "o\n"
        client = _elsewhere(client, bases[1])
        await client.start()
    else:
        await client.start()
        await client.until(lambda: bool(client.frames))
    try:
        await client.send_message(PING)
        await client.receives("pong")
        yield Pair(deployment, owner, proxy, client, user_id)
    finally:
        await client.stop()


def _elsewhere(client: SockJSClient, base: str) -> SockJSClient:
    moved = SockJSClient(lambda _: base, transport=client.transport, query=client.query)
    moved.session = client.session
    return moved


@pytest.mark.parametrize("transport", ["xhr", "xhr_streaming", "eventsource"])
async def test_a_client_is_told_when_its_sessions_owner_is_killed(
    deployments: Make, transport: str
) -> None:
    async with pair(deployments(instances=2), transport) as it:
        it.owner.kill()
        assert await it.client.ends() == (1012, "Unavailable")
        assert (await it.client.send_message(PING)).status == 404
        # And a new session goes on from the log.
        base = f"{it.proxy.url}/ws"
        async with SockJSClient(lambda _: base, query=it.client.query) as again:
            await again.send_message(PING)
            await again.receives("pong")


async def test_a_session_ends_when_the_proxy_of_its_receiver_is_killed(deployments: Make) -> None:
    async with pair(deployments(instances=2), "xhr_streaming") as it:
        it.proxy.kill()
        url = f"{it.owner.url}/ws/000/{it.client.session}/xhr{it.client.query}"
        async with asyncio.timeout(PATIENCE_S):
            while "2010" in (reported := (await post(url)).text):
                pass
        assert reported in ('c[1002,"Connection interrupted"]\n', "o\n")


async def test_a_proxy_that_drains_hands_its_receivers_to_others(deployments: Make) -> None:
    deployment = deployments(instances=3)
    company = Company(deployment)
    async with pair(deployment, "xhr_streaming") as it:
        topic = f"users/{it.user_id}"
        await it.client.send_message({"type": "subscribe", "data": {"topic": topic}})
        await it.client.receives("subscribed")
        third = deployment.servers[2]
        it.client.move(lambda _: f"{third.url}/ws")
        await asyncio.to_thread(it.proxy.stop)
        await company.notify(it.user_id, "still here", server=third)
        await it.client.receives("notification")
        assert it.client.closed is None


async def test_an_owner_that_drains_sends_its_clients_elsewhere(deployments: Make) -> None:
    async with pair(deployments(instances=2), "xhr_streaming") as it:
        await asyncio.to_thread(it.owner.stop)
        assert await it.client.ends() == (1012, "Draining")


async def test_a_client_that_leaves_a_proxy_ends_its_session(deployments: Make) -> None:
    async with pair(deployments(instances=2), "xhr_streaming") as it:
        await it.client.stop()
        url = f"{it.owner.url}/ws/000/{it.client.session}/xhr{it.client.query}"
        async with asyncio.timeout(PATIENCE_S):
            while "2010" in (reported := (await post(url)).text):
                pass
        assert reported == 'c[1002,"Connection interrupted"]\n'


async def test_a_second_receiver_is_refused_on_whichever_instance(deployments: Make) -> None:
    async with pair(deployments(instances=2), "xhr_streaming") as it:
        for server in (it.owner, it.proxy):
            url = f"{server.url}/ws/999/{it.client.session}/xhr{it.client.query}"
            assert (await post(url)).text == 'c[2010,"Another connection still open"]\n'
        await it.client.send_message(PING)
        await it.client.receives("pong", 2)


async def test_while_redis_is_away_the_owner_answers(
    deployments: Make, redis_server: RedisServer
) -> None:
    deployment = deployments(instances=2, REDIS_URL=redis_server.url)
    token, _ = await People(deployment, "ann").sign_in("ann")
    owner, other = deployment.servers
    async with SockJSClient(lambda _: f"{owner.url}/ws", query=f"?token={token}") as client:
        await client.send_message(PING)
        await client.receives("pong")
        redis_server.stop()
        await client.send_message(PING)
        await client.receives("pong", 2)
        elsewhere = f"{other.url}/ws/000/{client.session}/xhr_send?token={token}"
        assert (await post(elsewhere, '["{}"]')).status == 404
        redis_server.start()
        async with asyncio.timeout(PATIENCE_S):
            while (await post(elsewhere, '["{}"]')).status != 204:
                pass


async def test_a_session_without_requests_is_forgotten_everywhere(deployments: Make) -> None:
    deployment = deployments(instances=2, BELLWIRE_MAX_CONNECTIONS_PER_USER=1)
    token, _ = await People(deployment, "ann").sign_in("ann")
    bases = [f"{server.url}/ws" for server in deployment.servers]
    async with SockJSClient(in_turn(bases), query=f"?token={token}") as client:
        await client.send_message(PING)
        await client.receives("pong")
        await client.stop()
    async with asyncio.timeout(PATIENCE_S):
        while (await client.send_message(PING)).status != 404:
            pass
    async with SockJSClient(in_turn(bases), query=f"?token={token}") as next_one:
        await next_one.send_message(PING)
        await next_one.receives("pong")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_behind_a_balancer_that_hands_requests_out_in_turn(
    deployments: Make, balancer: Callable[..., Balancer], transport: str
) -> None:
    deployment = deployments(instances=2)
    company = Company(deployment)
    front = balancer(*deployment.servers)
    assert (await get(f"{front.url}/ws/info")).status == 200
    token, user_id = await People(deployment, "ann").sign_in("ann")
    async with SockJSClient(
        lambda _: f"{front.url}/ws", transport=transport, query=f"?token={token}"
    ) as client:
        await client.send_message({"type": "subscribe", "data": {"topic": f"users/{user_id}"}})
        await client.receives("subscribed")
        for number in range(5):
            await company.notify(user_id, str(number))
            assert (await client.send_message({**PING, "ref": number})).status in (200, 204)
        received = await client.receives("notification", 5)
        assert [each["data"]["message"] for each in received] == list("01234")
        assert [each["ref"] for each in await client.receives("pong", 5)] == list(range(5))


async def test_a_proxied_poll_that_breaks_off_ends_the_session(deployments: Make) -> None:
    deployment = deployments(instances=2)
    owner, proxy = (f"{server.url}/ws" for server in deployment.servers)
    assert (await post(f"{owner}/0/s/xhr")).text == "o\n"
    refused, waiting = await polls(f"{proxy}/0/s/xhr", f"{proxy}/0/s/xhr")
    assert "2010" in refused.text
    await waiting.break_off()
    async with asyncio.timeout(PATIENCE_S):
        while "2010" in (reported := (await post(f"{owner}/0/s/xhr")).text):
            pass
    assert reported == 'c[1002,"Connection interrupted"]\n'
