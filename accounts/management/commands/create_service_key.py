"""`manage.py create_service_key NAME [--scope S …]`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from typing_extensions import override

from accounts.credentials.service_keys import create_service_key
from accounts.models import SCOPES


class Command(BaseCommand):
    help = "Make a key for an internal service and print it, once, alone on standard output."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the service; keys of one name are the same service")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            choices=SCOPES,
            help="what it may do, repeatable; everything unless named",
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _, key = create_service_key(name=options["name"], scopes=options["scope"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(key)
