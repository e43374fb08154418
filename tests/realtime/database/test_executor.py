"""The engine's threads: what one user's calls leave to others."""

import asyncio
import threading

from django.db import connection
from pytest_django import Settings

from realtime.database.executor import (
    THREADS,
    THREADS_PER_USER,
    in_thread,
    in_thread_for,
)
from tests.support.deadlines import PATIENCE_S


class Work:
    """Calls that wait for the test."""

    def __init__(self) -> None:
        self.may_return = threading.Event()
        self.started: list[int] = []
        self.has_started = threading.Semaphore(0)

    def __call__(self, number: int) -> int:
        self.started.append(number)
        self.has_started.release()
        assert self.may_return.wait(PATIENCE_S)
        return number

    def starts(self) -> None:
        assert self.has_started.acquire(timeout=PATIENCE_S)


async def test_one_user_leaves_threads_to_others() -> None:
    work = Work()
    calls = [asyncio.create_task(in_thread_for(1, work, number)) for number in range(4 * THREADS)]
    async with asyncio.timeout(PATIENCE_S / 2):
        for _ in range(THREADS_PER_USER):
            await in_thread_for(2, work.starts)
        # All that would have been started is by now: another user's call has gone through.
        assert await in_thread_for(2, abs, -3) == 3
    assert sorted(work.started) == list(range(THREADS_PER_USER))
    work.may_return.set()
    assert await asyncio.gather(*calls) == list(range(4 * THREADS))


async def test_a_call_counts_until_its_thread_has_returned() -> None:
    work = Work()
    first = [asyncio.create_task(in_thread_for(1, work, number)) for number in range(2)]
    for _ in first:
        await in_thread_for(2, work.starts)
    for call in first:
        call.cancel()
    await asyncio.gather(*first, return_exceptions=True)
    third = asyncio.create_task(in_thread_for(1, work, 2))
    # Whatever would have been started is by now: another user's call has gone through.
    await in_thread_for(2, abs, -3)
    assert sorted(work.started) == [0, 1]
    work.may_return.set()
    assert await third == 2


async def test_a_call_that_fails_or_gives_up_waiting_takes_nothing_with_it() -> None:
    work = Work()
    running = [asyncio.create_task(in_thread_for(1, work, number)) for number in range(2)]
    waiting = [asyncio.create_task(in_thread_for(1, work, 9)) for _ in range(10)]
    for _ in running:
        await in_thread_for(2, work.starts)
    for call in waiting:
        call.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    work.may_return.set()
    assert await asyncio.gather(*running) == [0, 1]
    failed = await asyncio.gather(
        *[in_thread_for(1, int, "x") for _ in range(5)], return_exceptions=True
    )
    assert all(isinstance(each, ValueError) for each in failed)
    assert await in_thread_for(1, abs, -1) == 1


async def test_statements_are_not_kept_with_debug(
    transactional_db: None, settings: Settings
) -> None:
    settings.DEBUG = True

    def ask() -> int:
        kept = len(connection.queries_log)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return kept

    assert [await in_thread(ask) for _ in range(20)] == [0] * 20
