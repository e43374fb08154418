"""`manage.py housekeeping`: what the instances do by themselves, now."""

import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from realtime.registries import periodic_tasks
from realtime.registries.periodic_tasks import PeriodicTask


class Command(BaseCommand):
    """Runs housekeeping tasks, each under the lease that the instances use too."""

    help = (
        "Run the housekeeping that instances also do by themselves: trim the event log, delete "
        "expired rows. A task that an instance is running just now is left to it."
    )

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--task", action="append", metavar="NAME", help="only this one; may be repeated"
        )
        parser.add_argument("--list", action="store_true", help="print the names, and do nothing")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        tasks = _chosen(options["task"])
        if options["list"]:
            for task in tasks:
                self.stdout.write(f"{task.name} (by itself every {task.every_s:g} s)")
            return
        holder = f"manage.py {socket.gethostname()}:{os.getpid()}"[:64]
        failed = [task.name for task in tasks if not self._run(task, holder)]
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}")

    def _run(self, task: PeriodicTask, holder: str) -> bool:
        try:
            finished = periodic_tasks.run_housekeeping(task, holder=holder)
        except Exception as error:
            self.stderr.write(self.style.ERROR(f"{task.name}: {type(error).__name__}: {error}"))
            return False
        if finished is None:
            self.stdout.write(f"{task.name}: an instance is running it")
        else:
            self.stdout.write(f"{task.name}: {finished.result} in {finished.duration_s:.2f} s")
        return True


def _chosen(names: list[str] | None) -> list[PeriodicTask]:
    tasks = [task for task in periodic_tasks.registered() if task.is_housekeeping]
    if names is None:
        return tasks
    known = {task.name: task for task in tasks}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CommandError(
            f"Unknown: {', '.join(unknown)}. Expected one of: {', '.join(sorted(known))}"
        )
    return [known[name] for name in names]
