"""Periodic work that runs in every instance: trimming, sweeping what has expired.

A chore must be safe to run in all instances at once. Apps register theirs in `AppConfig.ready()`.
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
    """`work` is synchronous and may use the database; `every_s` is stretched by up to a quarter."""

    name: str
    every_s: float
    work: Callable[[], Any]


_tasks: list[PeriodicTask] = []


def register(name: str, *, every_s: float, work: Callable[[], Any]) -> None:
    """Have `work` done about every `every_s` seconds in each instance."""
    _tasks.append(PeriodicTask(name, every_s, work))


def registered() -> tuple[PeriodicTask, ...]:
    """What is to be done."""
    return tuple(_tasks)


async def run(task: PeriodicTask) -> None:
    """Do it for as long as the process lives; a failure is logged and the next time tried again."""
    while True:
        # Jitter: instances that were started together must not all ask the database together.
        await asyncio.sleep(task.every_s * random.uniform(1, 1.25))  # noqa: S311
        try:
            await in_thread(task.work)
        except Exception as error:
            logger.warning(
                "The chore %r failed; it is tried again later",
                task.name,
                exc_info=has_trace(error),
            )
