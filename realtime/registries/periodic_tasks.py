"""Periodic tasks that run in every instance, such as trimming and deleting expired rows.

A task must be safe to run in all instances at once. Register tasks in `AppConfig.ready()`.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from realtime.database.executor import in_thread
from realtime.database.health import has_trace

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """`work` is synchronous and may use the database; `every_s` is extended by up to a quarter."""

    name: str
    every_s: float
    work: Callable[[], Any]


_tasks: list[PeriodicTask] = []


def register(name: str, *, every_s: float, work: Callable[[], Any]) -> None:
    """Run `work` about every `every_s` seconds in each instance."""
    _tasks.append(PeriodicTask(name, every_s, work))


def registered() -> tuple[PeriodicTask, ...]:
    """Return the registered tasks."""
    return tuple(_tasks)


async def run(task: PeriodicTask) -> None:
    """Run a task until cancelled. A failure is logged, and the task runs again next time."""
    while True:
        # Jitter: instances that were started together must not all query the database together.
        await asyncio.sleep(task.every_s * random.uniform(1, 1.25))  # noqa: S311
        try:
            await in_thread(task.work)
        except Exception as error:
            logger.warning(
                "The periodic task %r failed; it is tried again later",
                task.name,
                exc_info=has_trace(error),
            )
