"""Housekeeping: one holder at a time runs a task, and `manage.py housekeeping` runs all."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from realtime.database import task_leases
from realtime.database.clock import database_now
from realtime.database.task_leases import run_leased
from realtime.models import TaskRun
from realtime.registries import periodic_tasks
from realtime.registries.periodic_tasks import PeriodicTask
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db


class Work:
    """Counts its runs; each does `inside`, and returns its number."""

    def __init__(self, inside: Callable[[], Any] = lambda: None) -> None:
        self.runs = 0
        self._inside = inside

    def __call__(self) -> int:
        self.runs += 1
        self._inside()
        return self.runs


def run(work: Callable[[], Any], holder: str = "one", *, only_if_due: bool = True) -> Any:
    finished = run_leased("task", work, holder=holder, every_s=60, only_if_due=only_if_due)
    return None if finished is None else finished.result


def shift(**times: float) -> None:
    """Set times of the row, in seconds from now."""
    now = database_now()
    changed = {name: now + timedelta(seconds=seconds) for name, seconds in times.items()}
    assert TaskRun.objects.filter(name="task").update(**changed) == 1


def test_due_task_runs_once_in_its_interval() -> None:
    work = Work()
    assert [run(work), run(work, "two"), run(work)] == [1, None, None]
    shift(due_at=-1)
    assert [run(work, "two"), run(work)] == [2, None]


def test_task_that_is_asked_for_runs_though_it_is_not_due() -> None:
    work = Work()
    assert [run(work), run(work, only_if_due=False)] == [1, 2]


@pytest.mark.parametrize("only_if_due", [True, False])
def test_leased_task_is_left_to_its_holder(only_if_due: bool) -> None:
    other = Work()
    run(Work(lambda: run(other, "two", only_if_due=only_if_due)), only_if_due=only_if_due)
    assert other.runs == 0
    assert run(other, "two", only_if_due=False) == 1


def test_lease_of_a_killed_holder_ends_by_itself() -> None:
    def is_killed() -> None:
        shift(leased_until=task_leases.LEASE_S)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Work(is_killed))
    work = Work()
    shift(leased_until=10)
    assert run(work, "two") is None
    shift(leased_until=-1)
    assert run(work, "two") == 1


def test_holder_that_outlasts_its_lease_does_not_end_the_next_one() -> None:
    third = Work()

    def slow() -> None:
        shift(leased_until=-1)
        run(Work(lambda: None), "two", only_if_due=False)
        TaskRun.objects.update(holder="two", leased_until=database_now() + timedelta(seconds=60))

    run(Work(slow))
    assert run(third, "three", only_if_due=False) is None


def test_failed_task_is_due_again() -> None:
    def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run(Work(fails))
    assert run(Work(), "two") == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_runs() -> None:
    work = Work()
    results = at_once([partial(run, work, str(number)) for number in range(6)])
    assert sorted(results, key=str) == [1, *[None] * 5]


def test_every_cleanup_is_housekeeping() -> None:
    names = {task.name for task in periodic_tasks.registered() if task.is_housekeeping}
    assert names == {
        "event-log",
        "acknowledgements",
        "expired-notifications",
        "idempotency-keys",
        "silent-jobs",
        "matching-requests",
        "accounts",
    }


# --- manage.py housekeeping ----------------------------------------------------------------------


def housekeeping(*arguments: str) -> list[str]:
    """Return the names that it prints, in order."""
    out = StringIO()
    call_command("housekeeping", *arguments, stdout=out, stderr=out)
    return [line.split(":")[0] for line in out.getvalue().splitlines()]


def test_command_runs_every_task() -> None:
    names = [task.name for task in periodic_tasks.registered() if task.is_housekeeping]
    assert housekeeping() == names
    done = TaskRun.objects.filter(succeeded_at__isnull=False).values_list("name", flat=True)
    assert sorted(done) == sorted(names)


def test_command_runs_the_named_task_alone() -> None:
    assert housekeeping("--task", "event-log") == ["event-log"]
    assert list(TaskRun.objects.values_list("name", flat=True)) == ["event-log"]


def test_command_refuses_an_unknown_task() -> None:
    with pytest.raises(CommandError, match=r"Unknown: event_log\. Expected one of: accounts, "):
        housekeeping("--task", "event_log")


def test_command_says_which_failed_and_runs_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()

    def fails() -> None:
        raise ValueError("the disk is full")

    tasks = [PeriodicTask("first", 60, fails, True), PeriodicTask("second", 60, work, True)]
    monkeypatch.setattr(periodic_tasks, "_tasks", tasks)
    with pytest.raises(CommandError, match="Failed: first"):
        housekeeping()
    assert work.runs == 1
