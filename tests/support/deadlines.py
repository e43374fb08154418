"""How long a test waits for what must come, and how it ends what would go on for ever."""

import asyncio
from collections.abc import Iterable
from typing import Any

# Nothing that is waited for takes a second by itself. A machine that is busy with other things may
# need many, which says nothing about the program: only what never comes shall fail.
PATIENCE_S = 60.0
# A task that has not ended this long after it was cancelled has not heard it.
CANCEL_S = 0.2


async def cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """End tasks that talk to Redis, as `Runtime.stop` does.

    Again and again: Python 3.11's `wait_for`, through which redis-py sends, swallows a cancellation
    that comes when it has just ended.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=CANCEL_S)
