"""Redis frozen, stopped and started again under traffic: nobody notices but the log."""

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.e2e.conftest import Follows
from tests.e2e.deadlines import eventually
from tests.e2e.services import Sent, Traffic, readiness
from tests.e2e.users import create_users
from tests.support.followers import Follower
from tests.support.json_client import JsonClient, connect
from tests.support.parts import RedisServer
from tests.support.servers import Deployment, Server

pytestmark = pytest.mark.full_only

# Whoever waited for Redis to thaw would be held up for much longer than is allowed here: a request,
# a new socket, and an event on its way to somebody at the same instance.
FROZEN_S, HELD_S, STOPPED_S = 15.0, 9.0, 3.0
# What is asked of Redis while it is away fails ten times and more.
AFTERMATH = 2
# One instance hears of the other's events by reading the log this seldom, if there is no hint.
RECONCILE_S = 8.0
# Longer than a stall of the machine, which shall not pass for an outage.
REDIS_WAIT_S = 2.0


async def test_while_redis_is_frozen_then_stopped_then_back_nothing_is_lost_and_nobody_waits(
    deployments: Callable[..., Deployment], redis_server: RedisServer, follows: Follows
) -> None:
    deployment = deployments(
        instances=2,
        REDIS_URL=redis_server.url,
        BELLWIRE_RECONCILE_S=RECONCILE_S,
        BELLWIRE_REDIS_WAIT_S=REDIS_WAIT_S,
    )
    first, second = deployment.servers
    pids = [server.pid for server in deployment.servers]
    cast = create_users(deployment, people=3)
    alice, bob, carol = cast.people(3)
    at_first = await follows([first.ws_url], alice.token)
    at_second = await follows([second.ws_url], alice.token)

    async with cast.orders() as orders, Traffic(orders, alice.name, bob.name) as traffic:
        await at_first.receives_offset(10)

        redis_server.freeze()
        await _passes_without_redis(FROZEN_S, deployment, carol.token, outage=1)
        redis_server.thaw()
        await _both_see_redis(deployment)

        await asyncio.to_thread(redis_server.stop)
        await _passes_without_redis(STOPPED_S, deployment, carol.token, outage=2)
        await asyncio.to_thread(redis_server.start)
        await _both_see_redis(deployment)

    total = len(traffic.sent)
    await at_first.receives_offset(total)
    async with cast.orders() as orders:

        async def hints_go_again() -> bool:
            """Three events, one after the other, from one instance to the other. Without hints each
            would wait for the log, and all but the first for the whole of its time."""
            nonlocal total
            began = time.monotonic()
            for _ in range(3):
                total += 1
                await orders.sends("a hint", alice.name, url=second.url)
                await at_first.receives_offset(total)
            return time.monotonic() - began < RECONCILE_S

        await eventually(hints_go_again, what="hints go between the instances again")

    everything = list(range(1, total + 1))
    for follower in (at_first, at_second):
        await follower.receives_offset(everything[-1])
        assert follower.offsets == everything
        assert follower.closes == []
    assert {sent.status for sent in traffic.sent} == {201}
    assert max(sent.took_s for sent in traffic.sent) < HELD_S
    assert _slowest(traffic.sent, at_first, first) < HELD_S
    assert _slowest(traffic.sent, at_second, second) < HELD_S
    assert [server.pid for server in deployment.servers if server.running] == pids
    for server in deployment.servers:

        async def is_at_rest(server: Server = server) -> bool:
            """Each outage that it has told of is over, one that passes for one more too."""
            return _reported(server, "Redis is back") == _reported(server, "Redis is away")

        await eventually(is_at_rest, what="the instance says that Redis is back")
        lines = server.log().splitlines()
        # Once an outage, and not for each call. After a restart several connections from before it
        # fail, each once; where that is all that is asked meanwhile, it passes for one more.
        away = _reported(server, "Redis is away")
        assert 2 <= away <= 2 + AFTERMATH, server.log()
        assert not any("Traceback" in line or "[error" in line for line in lines), server.log()


async def _passes_without_redis(
    seconds: float, deployment: Deployment, token: str, *, outage: int
) -> None:
    """For so long, and until both instances have told of it, one client after the other connects
    on either of them and is greeted."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at or any(
        _reported(server, "Redis is away") < outage for server in deployment.servers
    ):
        for server in deployment.servers:
            began = time.monotonic()
            client: JsonClient
            async with await connect(server.ws_url, token) as client:
                await client.is_greeted()
                assert time.monotonic() - began < HELD_S
        await asyncio.sleep(0.2)
    assert {await readiness(server.url) for server in deployment.servers} == {"degraded"}


async def _both_see_redis(deployment: Deployment) -> None:
    for server in deployment.servers:

        async def is_back(url: str = server.url) -> bool:
            return await readiness(url) == "ok"

        await eventually(is_back, what="the instance notices that Redis is back")


def _reported(server: Server, what: str) -> int:
    return sum(what in line for line in server.log().splitlines())


def _slowest(sent: list[Sent], follower: Follower, server: Server) -> float:
    """The longest from a request's beginning to its event, of those sent at `server`."""
    requests = {one.body["ids"][0]: one for one in sent if one.url == server.url}
    received = {frame["data"]["id"]: follower.at[frame["offset"]] for frame in follower.received}
    return max(received[number] - one.began for number, one in requests.items())
