"""Tasks that are ended have ended, also those that need to be told twice."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import pytest

from realtime.cluster.presence_shards import ShardedPresence
from realtime.tasks import end_tasks, run_together
from tests.support.deadlines import PATIENCE_S


class Work:
    """Goes on until it has been cancelled so many times, and says whether it has ended."""

    def __init__(self, cancellations: int = 1) -> None:
        self._left = cancellations
        self.begun = asyncio.Event()
        self.ended = False

    async def run(self) -> None:
        self.begun.set()
        try:
            while self._left > 1:
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
                self._left -= 1
            await asyncio.Event().wait()
        finally:
            self.ended = True

    sweep = run


async def begun(work: Coroutine[Any, Any, None], *parts: Work) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    async with asyncio.timeout(PATIENCE_S):
        for part in parts:
            await part.begun.wait()
    return task


@pytest.mark.parametrize("cancellations", [(1, 1), (1, 2), (3, 1), (2, 4, 1)])
async def test_none_of_them_runs_once_they_have_been_ended(cancellations: tuple[int, ...]) -> None:
    parts = [Work(times) for times in cancellations]
    task = await begun(run_together(part.run() for part in parts), *parts)
    async with asyncio.timeout(PATIENCE_S):
        await end_tasks([task])
    assert [part.ended for part in parts] == [True] * len(parts)
    assert task.cancelled()


@pytest.mark.parametrize("name", ["run", "sweep"])
async def test_presence_of_all_shards_ends_though_one_needs_to_be_cancelled_twice(
    name: str,
) -> None:
    shards: list[Any] = [Work(2), Work(1)]
    presence = ShardedPresence(shards, prefix="test")
    task = await begun(getattr(presence, name)(), *shards)
    async with asyncio.timeout(PATIENCE_S):
        await end_tasks([task])
    assert [shard.ended for shard in shards] == [True, True]


async def test_failure_of_one_ends_the_others_and_is_raised() -> None:
    other = Work(2)

    async def fails() -> None:
        await other.begun.wait()
        raise ValueError("broken")

    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ValueError, match="broken"):
            await run_together([other.run(), fails()])
    assert other.ended


async def test_it_ends_with_the_last_of_them() -> None:
    ended = []

    async def ends(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        ended.append(turns)

    await run_together([ends(3), ends(0)])
    assert ended == [0, 3]
