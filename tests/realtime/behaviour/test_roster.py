"""An instance tells who is connected, and one connection can be ended by itself."""

from realtime.cluster import roster
from realtime.database.executor import in_thread
from realtime.publishing import disconnect, unit_of_work
from realtime.runtime import Runtime
from tests.realtime.behaviour.conftest import Connect


def end(user_id: int, connection_id: str) -> None:
    """What an admin does."""
    with unit_of_work():
        disconnect(user_id=user_id, connection_id=connection_id)


async def test_who_is_connected_is_known_and_one_connection_is_signed_out(
    connects: Connect, runtime: Runtime, user_id: int
) -> None:
    first, second = await connects(), await connects()
    ids = [(await client.receives("connected"))["connection_id"] for client in (first, second)]
    found = await in_thread(roster.read)
    mine = [one for one in found.connections if one.user_id == user_id]
    assert {one.connection_id for one in mine} == set(ids)
    assert {(one.transport, one.instance) for one in mine} == {("websocket", runtime.instance)}

    await in_thread(end, user_id + 1, ids[0])
    await in_thread(end, user_id, ids[0])

    assert await first.is_closed() == (1008, "Signed out")
    assert first.received[-1]["code"] == "AUTH_ERROR"
    assert (await second.asks("ping"))["type"] == "pong"
    left = (await in_thread(roster.read)).connections
    assert [one.connection_id for one in left if one.user_id == user_id] == ids[1:]


async def test_one_that_is_replaced_is_not_told_that_it_is_signed_out(
    connects: Connect, runtime: Runtime
) -> None:
    old = await connects()
    name = (await old.receives("connected"))["connection_id"]
    await (await connects(f"/ws?connection_id={name}")).receives("connected")
    assert (await old.is_closed())[0] == 1001
