"""Periodic tasks that run by themselves, such as trimming and deleting expired rows.

Housekeeping is done by one instance at a time, under a lease; other tasks run in every instance.
Both must be safe to run in all instances at once. Register tasks in `AppConfig.ready()`.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from realtime import metrics
from realtime.database.executor import in_thread
from realtime.database.health import has_trace
from realtime.database.task_leases import Finished, run_leased

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """`work` is synchronous and may use the database; `every_s` is extended by up to a quarter.

    The `work` of housekeeping returns the number of rows that it has removed or changed.
    """

    name: str
    every_s: float
    work: Callable[[], Any]
    is_housekeeping: bool = False


_tasks: list[PeriodicTask] = []


def register(
    name: str, *, every_s: float, work: Callable[[], Any], is_housekeeping: bool = False
) -> None:
    """Run `work` about every `every_s` seconds: in each instance, or as housekeeping in one."""
    _tasks.append(PeriodicTask(name, every_s, work, is_housekeeping))


def registered() -> tuple[PeriodicTask, ...]:
    """Return the registered tasks."""
    return tuple(_tasks)


def run_housekeeping(
    task: PeriodicTask, *, holder: str, only_if_due: bool = False
) -> Finished | None:
    """Run a housekeeping task now, unless another holder is running it; return None then.

    With `only_if_due` also return None if any holder has run it within its interval.
    """
    finished = run_leased(
        task.name, task.work, holder=holder, every_s=task.every_s, only_if_due=only_if_due
    )
    if finished is not None:
        metrics.TASK_SUCCESS.labels(task.name).set_to_current_time()
        metrics.TASK_SECONDS.labels(task.name).set(finished.duration_s)
    return finished


async def run(task: PeriodicTask, *, instance: str) -> None:
    """Run a task until cancelled. After a failure it runs again next time; the first of several
    failures in a row is logged, as some tasks run twice a second.
    """
    is_failing = False
    while True:
        # Jitter: instances that were started together must not all query the database together.
        await asyncio.sleep(task.every_s * random.uniform(1, 1.25))  # noqa: S311
        try:
            if task.is_housekeeping:
                await in_thread(run_housekeeping, task, holder=instance, only_if_due=True)
            else:
                await in_thread(task.work)
        except Exception as error:
            metrics.TASK_FAILURES.labels(task.name).inc()
            if not is_failing:
                logger.warning(
                    "The periodic task %r failed; it is tried again later",
                    task.name,
                    exc_info=has_trace(error),
                )
            is_failing = True
        else:
            is_failing = False
