"""Ending tasks surely, also those in which a cancellation is lost.

Python 3.11's `wait_for`, through which redis-py sends, swallows a cancellation that comes when it
has just ended. So a task is cancelled until it has ended.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any

# A task that has not ended this long after it was cancelled has not heard it.
CANCEL_S = 0.2


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks until all of them have ended. What they raised stays theirs."""
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=CANCEL_S)


async def run_together(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all of them until all have ended, one has failed, or this is cancelled.

    Whichever it is, none of them runs any longer afterwards. `asyncio.gather` returns as soon as
    the first has heard of the cancellation, and whoever waits for it takes that for the end of all;
    `asyncio.TaskGroup` cancels its tasks only once.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        while not all(task.done() for task in tasks):
            # Cancelled again, as by `end_tasks`: which goes on, with one more cancellation.
            with suppress(asyncio.CancelledError):
                await end_tasks(tasks)
    for task in done:
        task.result()
