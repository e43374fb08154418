"""Leases of housekeeping tasks: of all instances, one runs a task at a time.

A lease is a row in the database, with times of the database's clock, so that instances whose clocks
differ agree. It ends by itself: a task whose holder was killed is run by another instance after
`LEASE_S`. A task must be safe to run twice at once, because a run may outlast its lease.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from realtime.database.clock import database_now
from realtime.models import TaskRun

# Longer than nearly all runs (tasks work in small batches), and soon enough after a kill.
LEASE_S = 300


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that has ended. `result` is what the task returned: the rows removed, if it counts."""

    result: Any
    duration_s: float


def run_leased(
    name: str, work: Callable[[], Any], *, holder: str, every_s: float, only_if_due: bool
) -> Finished | None:
    """Run `work` under the task's lease, unless another holder has it; return None then.

    With `only_if_due` also return None if any holder has succeeded within `every_s` seconds.
    Raises what `work` raises, with the lease given back and the task still due.
    """
    now = database_now()
    free = TaskRun.objects.filter(name=name, leased_until__lte=now)
    if only_if_due:
        free = free.filter(due_at__lte=now)

    def claim() -> bool:
        return bool(free.update(holder=holder, leased_until=now + timedelta(seconds=LEASE_S)))

    if not claim():
        if TaskRun.objects.filter(name=name).exists():
            return None
        # The first run ever. Of two that insert the row at once, one does.
        first = TaskRun(name=name, leased_until=now, due_at=now)
        TaskRun.objects.bulk_create([first], ignore_conflicts=True)
        if not claim():
            return None
    # Another holder may have taken over an expired lease: its row is left alone.
    own = TaskRun.objects.filter(name=name, holder=holder)
    began = time.monotonic()
    try:
        result = work()
    except BaseException:
        own.update(leased_until=now)
        raise
    duration_s = time.monotonic() - began
    own.update(
        leased_until=now,
        due_at=now + timedelta(seconds=every_s),
        succeeded_at=database_now(),
        duration_s=duration_s,
    )
    return Finished(result, duration_s)
