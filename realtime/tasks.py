"""Reliable cancellation of tasks, even if a cancellation is lost.

Python 3.11's `wait_for`, through which redis-py sends, swallows a cancellation that arrives just
when it has finished. So a task is cancelled until it has ended.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any

# A task that is still running this long after its cancellation has swallowed it.
CANCEL_S = 0.2


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks until all have ended. Their exceptions are not raised."""
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=CANCEL_S)


async def run_together(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all coroutines until all have ended, one has failed, or this is cancelled.

    In each case none of them is running afterwards. `asyncio.gather` returns as soon as the first
    one has been cancelled, which a caller would take for the end of all; `asyncio.TaskGroup`
    cancels its tasks only once.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        while not all(task.done() for task in tasks):
            # A further cancellation, which ends `end_tasks`: it is called again.
            with suppress(asyncio.CancelledError):
                await end_tasks(tasks)
    for task in done:
        task.result()
