"""`manage.py demo_users`: creates the users of the README."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from accounts.models import User

PASSWORD = "bellwire-demo"  # noqa: S105 - public on purpose, hence only in development
USERNAMES = ("alice", "bob", "carol")
ADMIN = "admin"


class Command(BaseCommand):
    help = "Make alice, bob, carol and admin, for development. Those who exist stay as they are."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("demo users have a public password: they need DEBUG=1")
        existing = set(User.objects.values_list("username", flat=True))
        for username in USERNAMES:
            if username not in existing:
                User.objects.create_user(username, password=PASSWORD)
        if ADMIN not in existing:
            User.objects.create_superuser(ADMIN, password=PASSWORD)
