"""kill -9, wherever it hurts: nothing is lost, nothing comes twice, everybody is back soon."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from realtime.cluster.leases import INSTANCE_TTL_MS
from tests.e2e.conftest import Connects, Follows
from tests.e2e.people import People, enters
from tests.e2e.services import Service
from tests.e2e.users import ApiUser, UserPool
from tests.support.json_client import connect
from tests.support.servers import Deployment
from tools.paths import ROOT

TABS = 5


async def test_what_a_process_committed_before_it_died_reaches_everybody_without_a_wake_up(
    deployment: Deployment, cast: UserPool, connects: Connects
) -> None:
    alice = cast.person()
    stays = await (await connects(deployment.ws_url, alice.token)).is_greeted()
    leaves = await (await connects(deployment.ws_url, alice.token)).is_greeted()
    leaves.cut()

    died = await asyncio.to_thread(_send_and_die, deployment, alice.name, "a last word")
    async with await leaves.resume() as returns:
        # In the replay: whoever connects does not wait until the log is looked through.
        subscribed = (await returns.is_greeted()).all_of("subscribed")[0]
        assert (subscribed["recovered"], subscribed["offset"]) == (True, 1)
        await returns.receives_offset(1)
        assert returns.offsets() == [1]
    # Nothing else happens in the whole deployment.
    await stays.receives_offset(1)

    assert died == -signal.SIGKILL
    assert [event["data"]["message"] for event in stays.events()] == ["a last word"]


@pytest.mark.full_only
async def test_clients_of_an_instance_that_is_killed_under_traffic_go_on_at_the_other(
    deployment: Deployment, cast: UserPool, follows: Follows
) -> None:
    doomed, other = deployment.add(), deployment.server
    alice, bob = cast.people(2)
    here, there = [doomed.ws_url, other.ws_url], [other.ws_url, doomed.ws_url]
    on_the_killed = [await follows(here, who.token) for who in (alice, alice, bob)]
    on_the_other = [await follows(there, who.token) for who in (alice, bob)]

    async with Service(cast.key, doomed.url, other.url) as orders:

        async def writes(number: int) -> None:
            for turn in range(40):
                await orders.sends_surely(f"{number}:{turn}", alice.name, bob.name)

        writing = asyncio.gather(*(writes(number) for number in range(4)))
        await on_the_killed[0].receives_offset(50)
        await asyncio.to_thread(doomed.kill)
        await writing

    everything = list(range(1, 4 * 40 + 1))
    for follower in [*on_the_killed, *on_the_other]:
        await follower.receives_offset(everything[-1])
        assert follower.offsets == everything
        assert follower.unrecovered == 0
    assert [follower.greetings for follower in on_the_killed] == [2, 2, 2]
    assert [follower.greetings for follower in on_the_other] == [1, 1]


@pytest.mark.full_only
async def test_five_tabs_of_a_user_on_an_instance_that_is_killed_are_all_back_within_seconds(
    deployment: Deployment, cast: UserPool, follows: Follows
) -> None:
    doomed, other = deployment.add(), deployment.server
    alice, bob = cast.people(2)
    here = [doomed.ws_url, other.ws_url]
    naming = [await follows(here, alice.token) for _ in range(TABS)]
    nameless = [await follows(here, bob.token, names_old=False) for _ in range(TABS)]
    for server in (doomed, other):
        async with await connect(server.ws_url, alice.token) as sixth:
            assert await sixth.is_closed() == (1008, "Too many connections")
            assert [frame["code"] for frame in sixth.frames] == ["TOO_MANY_CONNECTIONS"]

    await asyncio.to_thread(doomed.kill)
    for follower in (*naming, *nameless):
        await follower.until(lambda it=follower: it.greetings == 2)  # type: ignore[misc]

    # They took their old ones' places at once.
    assert [follower.refusals for follower in naming] == [[]] * TABS
    # The killed instance's own stop counting when its heartbeat runs out: docs/contract.md §4.
    assert INSTANCE_TTL_MS <= 5_000
    refused = {frame["code"] for follower in nameless for frame in follower.refusals}
    assert refused <= {"TOO_MANY_CONNECTIONS"}
    async with await connect(other.ws_url, bob.token) as sixth:
        assert await sixth.is_closed() == (1008, "Too many connections")


@pytest.mark.full_only
async def test_who_looked_at_a_room_through_an_instance_that_is_killed_goes_offline_for_the_others(
    deployments: Callable[..., Deployment], people: People
) -> None:
    # tests/realtime/cluster/test_presence.py has the sum for the default, which is not waited for
    # here. It is longer than a busy machine may keep an instance that lives from saying so.
    small = deployments(instances=2, BELLWIRE_PRESENCE_S=5)
    other, doomed = small.servers
    names = ("alice", "bob", "carol")
    tokens = await asyncio.to_thread(small.tokens, *names)
    alice, bob, carol = (
        ApiUser(name, token, token) for name, token in zip(names, tokens, strict=True)
    )
    room = await people.room(other, alice, bob, carol)
    async with await enters(other, alice, room) as stays, await enters(other, carol, room):
        doomed_ones = [await enters(doomed, who, room) for who in (bob, carol)]
        bobs = doomed_ones[0].user_id
        online = {"user_id": bobs, "status": "online"}
        await stays.until(lambda: online in [each["data"] for each in stays.all_of("presence")])
        await asyncio.to_thread(doomed.kill)
        offline = {"user_id": bobs, "status": "offline"}
        await stays.until(lambda: offline in [each["data"] for each in stays.all_of("presence")])
        # Carol still looks, here.
        said = [each["data"] for each in stays.all_of("presence")]
        assert [each for each in said if each["status"] == "offline"] == [offline]
        async with await enters(other, alice, room) as comes:
            [start] = comes.all_of("subscribed")
            assert bobs not in start["snapshot"]["online"]
        for each in doomed_ones:
            await each.close()


def _send_and_die(deployment: Deployment, username: str, message: str) -> int:
    command = [sys.executable, "-m", "tests.e2e.dying_sender", username, message]
    return subprocess.run(command, env=deployment.environment, cwd=ROOT).returncode
