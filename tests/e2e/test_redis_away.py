"""Redis frozen, stopped and started again under traffic: nobody notices but the log."""

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.clients import Client, connect
from tests.e2e.cast import cast_of
from tests.e2e.conftest import Follows
from tests.e2e.deadlines import eventually
from tests.e2e.services import Sent, Traffic, readiness
from tests.followers import Follower
from tests.parts import RedisServer
from tests.servers import Deployment, Server

pytestmark = pytest.mark.full_only

FROZEN_S, STOPPED_S = 10.0, 3.0
# What the promise allows: a request is not held, and who is at the same instance hears at once.
REQUEST_S, LOCAL_S, NEW_SOCKET_S = 2.0, 1.0, 2.0
# From one instance to the other; by reading the log it would be up to 4 s.
HINT_S = 0.5


async def test_while_redis_is_frozen_then_stopped_then_back_nothing_is_lost_and_nobody_waits(
    deployments: Callable[..., Deployment], redis_server: RedisServer, follows: Follows
) -> None:
    deployment = deployments(instances=2, REDIS_URL=redis_server.url)
    first, second = deployment.servers
    pids = [server.pid for server in deployment.servers]
    cast = cast_of(deployment, people=3)
    alice, bob, carol = cast.people(3)
    at_first = await follows([first.ws_url], alice.token)
    at_second = await follows([second.ws_url], alice.token)

    async with cast.orders() as orders, Traffic(orders, alice.name, bob.name) as traffic:
        await at_first.hears_offset(10)

        redis_server.freeze()
        await _passes(FROZEN_S, deployment, carol.token)
        assert {await readiness(server.url) for server in deployment.servers} == {"degraded"}
        redis_server.thaw()
        await _both_see_redis(deployment)

        await asyncio.to_thread(redis_server.stop)
        await _passes(STOPPED_S, deployment, carol.token)
        assert {await readiness(server.url) for server in deployment.servers} == {"degraded"}
        await asyncio.to_thread(redis_server.start)
        await _both_see_redis(deployment)
        here = len(traffic.sent)
        await at_first.until(lambda: len(traffic.sent) > here + 20)

    # Hints go between the instances again: one event after the other, none waits for the log.
    total = len(traffic.sent)
    await at_first.hears_offset(total)
    began = time.monotonic()
    async with cast.orders() as orders:
        for offset in range(total + 1, total + 4):
            await orders.sends("a hint", alice.name, url=second.url)
            await at_first.hears_offset(offset)
    assert time.monotonic() - began < 3 * HINT_S

    everything = list(range(1, total + 4))
    for follower in (at_first, at_second):
        await follower.hears_offset(everything[-1])
        assert follower.offsets == everything
        assert follower.closes == []
    assert {sent.status for sent in traffic.sent} == {201}
    assert max(sent.took_s for sent in traffic.sent) < REQUEST_S
    assert _slowest(traffic.sent, at_first, first) < LOCAL_S
    assert _slowest(traffic.sent, at_second, second) < LOCAL_S
    assert [server.pid for server in deployment.servers if server.running] == pids
    for server in deployment.servers:
        lines = server.log().splitlines()
        assert sum("Redis is away" in line for line in lines) == 2, server.log()
        assert sum("Redis is back" in line for line in lines) == 2, server.log()
        assert not any("Traceback" in line or "[error" in line for line in lines), server.log()


async def _passes(seconds: float, deployment: Deployment, token: str) -> None:
    """For so long, one client after the other connects, on either instance, and is greeted."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        for server in deployment.servers:
            began = time.monotonic()
            client: Client
            async with await connect(server.ws_url, token) as client:
                await client.is_greeted()
                assert time.monotonic() - began < NEW_SOCKET_S
        await asyncio.sleep(0.2)


async def _both_see_redis(deployment: Deployment) -> None:
    for server in deployment.servers:

        async def is_back(url: str = server.url) -> bool:
            return await readiness(url) == "ok"

        await eventually(is_back, within_s=10, what="the instance notices that Redis is back")


def _slowest(sent: list[Sent], follower: Follower, server: Server) -> float:
    """The longest from a request's beginning to its event, of those sent at `server`."""
    requests = {one.body["ids"][0]: one for one in sent if one.url == server.url}
    heard = {frame["data"]["id"]: follower.at[frame["offset"]] for frame in follower.heard}
    return max(heard[number] - one.began for number, one in requests.items())
