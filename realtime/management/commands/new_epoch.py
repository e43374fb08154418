"""`manage.py new_epoch`: a step of restoring a backup."""

from typing import Any

from django.core.management.base import BaseCommand

from realtime.log import event_log


class Command(BaseCommand):
    help = (
        "Begin a new epoch. Run it once after restoring a database from a backup: clients then "
        "refetch instead of resuming at positions that the restored log gives to other events."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(event_log.begin_epoch())
