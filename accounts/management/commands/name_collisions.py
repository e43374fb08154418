"""`manage.py name_collisions`."""

from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from accounts.models import User
from accounts.users.names import collisions, report_of, settle


class Command(BaseCommand):
    help = (
        "List users of earlier releases whose names differ only in case or normal form. "
        "Run it again after renaming one: the other is then found by any spelling."
    )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        settle(User.objects.all())
        found = collisions(User.objects.all())
        self.stdout.write(report_of(found) if found else "No two users share a name.")
