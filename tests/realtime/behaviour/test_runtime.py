"""Starting and stopping the engine of an instance."""

import asyncio

import pytest

from realtime.publishing import publish, unit_of_work
from realtime.runtime import Runtime
from tests.realtime.actors import OpenGate, SessionClient
from tests.support.deadlines import PATIENCE_S


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55])
async def test_an_instance_can_be_stopped_at_any_moment_of_its_start(
    transactional_db: None, turns: int
) -> None:
    runtime = Runtime(gate=OpenGate())
    runtime.start()
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        await runtime.stop()


async def test_starting_and_stopping_twice_is_the_same_as_once(transactional_db: None) -> None:
    runtime = Runtime(gate=OpenGate())
    await runtime.stop()
    runtime.start()
    hub = runtime.hub
    runtime.start()
    assert runtime.hub is hub
    await runtime.stop()
    await runtime.stop()


async def test_what_is_committed_in_any_thread_reaches_the_hub_while_it_runs(
    transactional_db: None,
) -> None:
    def happen() -> None:
        with unit_of_work():
            publish("things/1", "happened", {})

    runtime = Runtime(gate=OpenGate())
    runtime.start()
    client = await SessionClient(runtime.hub).opens(**{"1": None})
    await asyncio.gather(*(asyncio.to_thread(happen) for _ in range(5)))
    await client.receives_offsets("things/1", [1, 2, 3, 4, 5])
    await runtime.stop()
    # A request that commits after that has nobody to tell, and does not mind.
    await asyncio.to_thread(happen)
