"""What becomes of the log: it is trimmed, and after a restore it begins a new epoch."""

import asyncio
from collections.abc import Callable

from tests.e2e import database
from tests.e2e.conftest import Connects, Pair
from tests.e2e.deadlines import eventually
from tests.e2e.services import inbox
from tests.e2e.users import UserPool, create_users
from tests.support.servers import Deployment

KEPT, SENT = 20, 50


async def test_beyond_retention_nothing_is_replayed_rows_go_by_themselves_and_rest_has_the_list(
    deployments: Callable[..., Deployment], connects: Connects
) -> None:
    deployment = deployments(BELLWIRE_LOG_KEEP_EVENTS=KEPT, BELLWIRE_TRIM_S=0.5)
    cast = create_users(deployment, people=1)
    person = cast.person()
    alice = await (await connects(deployment.ws_url, person.token)).is_greeted()
    topic = alice.topic
    alice.cut()

    async with cast.orders() as orders:
        for number in range(1, SENT + 1):
            await orders.sends(str(number), person.name)
        # One who was there at the last moment that is kept, and one from just before it.
        epoch = alice.positions[topic][0]
        in_time = await connects(deployment.ws_url, person.token, since=f"{epoch}:{SENT - KEPT}")
        too_late = await connects(
            deployment.ws_url, person.token, since=f"{epoch}:{SENT - KEPT - 1}"
        )
        from_the_start = await alice.resume()
        await asyncio.gather(*(it.is_greeted() for it in (in_time, too_late, from_the_start)))
        await orders.sends("live", person.name)
        for client in (in_time, too_late, from_the_start):
            await client.receives_offset(SENT + 1)

        assert in_time.all_of("subscribed")[0]["recovered"] is True
        assert in_time.offsets() == list(range(SENT - KEPT + 1, SENT + 2))
        for client in (too_late, from_the_start):
            subscribed = client.all_of("subscribed")[0]
            assert (subscribed["recovered"], subscribed["offset"]) == (False, SENT)
            assert client.offsets() == [SENT + 1]
        await from_the_start.close()

    listed = await inbox(deployment.url, person.token, pages_of=KEPT)
    assert [row["message"] for row in listed] == [
        "live",
        *(str(number) for number in range(SENT, 0, -1)),
    ]

    async def trimmed() -> bool:
        left = await asyncio.to_thread(database.offsets, deployment.database_url, topic)
        # It trims in strides of a fifth.
        return len(left) <= KEPT + KEPT // 5 and left[-1] == SENT + 1

    await eventually(trimmed, what="the instance trims by itself")
    async with await in_time.resume() as again:
        assert (await again.is_greeted()).all_of("subscribed")[0]["recovered"] is True


async def test_a_new_epoch_sends_clients_away_and_they_are_not_recovered(
    deployment: Deployment, pair: Pair, cast: UserPool, connects: Connects
) -> None:
    who, other = cast.people(2)
    alice = await (await connects(deployment.ws_url, who.token)).is_greeted()
    bob = await (await connects(pair[1].ws_url, other.token)).is_greeted()
    async with cast.orders() as orders:
        await orders.sends("before", who.name)
        await alice.receives_offset(1)

        epoch = (await asyncio.to_thread(deployment.manage, "new_epoch")).strip()
        assert await alice.is_closed() == (1012, "Resume")
        assert await bob.is_closed() == (1012, "Resume")

        for name, old, head in ((who.name, alice, 1), (other.name, bob, 0)):
            async with await old.resume() as again:
                subscribed = (await again.is_greeted()).all_of("subscribed")
                assert [frame["recovered"] for frame in subscribed] == [False, False]
                assert {frame["epoch"] for frame in subscribed} == {epoch}
                assert subscribed[0]["offset"] == head
                await orders.sends("after", name)
                await again.receives_offset(head + 1)
                assert again.events()[0]["epoch"] == epoch
