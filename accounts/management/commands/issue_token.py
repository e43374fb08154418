"""`manage.py issue_token USERNAME … [--create] [--minutes N]`."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from typing_extensions import override

from accounts.models import User
from accounts.services import issue_access_tokens
from accounts.users.creation import users_created
from accounts.users.names import resolve
from text.names import key_of, normalize


class Command(BaseCommand):
    help = "Print an access token a line, in the order of the usernames. All or none are issued."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("usernames", nargs="+", metavar="USERNAME")
        parser.add_argument("--create", action="store_true", help="make users who do not exist")
        parser.add_argument("--minutes", type=int, help="how long they live; as at sign-in if not")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        usernames: list[str] = options["usernames"]
        minutes: int | None = options["minutes"]
        if minutes is not None and not 0 < minutes <= 525_600:
            raise CommandError(f"expected --minutes from 1 to 525600 (a year), got {minutes}")
        missing = sorted(set(usernames) - set(_users(usernames)))
        if missing and not options["create"]:
            raise CommandError(f"no such user: {', '.join(missing)} (--create makes them)")
        _create(missing)
        users = _users(usernames)
        disabled = sorted(name for name, user in users.items() if not user.is_active)
        if disabled:
            raise CommandError(f"disabled: {', '.join(disabled)}")
        lifetime = None if minutes is None else timedelta(minutes=minutes)
        texts = issue_access_tokens(users=[users[name] for name in usernames], lifetime=lifetime)
        self.stdout.write("\n".join(texts))


def _users(usernames: list[str]) -> dict[str, User]:
    found = User.objects.filter(username_key__in={key_of(name) for name in usernames})
    return resolve(usernames, ((user.username_key, user.username, user) for user in found))


def _create(usernames: list[str]) -> None:
    # One user for a name given in two spellings.
    spelled = {key_of(name): normalize(name) for name in reversed(usernames)}
    users = [User(username=name, password=make_password(None)) for name in spelled.values()]
    for user in users:
        try:
            user.clean_fields(exclude=["password", "username_key", "search_text"])
            user.clean()
        except ValidationError as error:
            raise CommandError(f"{user.username!r}: {' '.join(error.messages)}") from None
    with transaction.atomic():
        # Users created by another process meanwhile get their rows from that process.
        named = User.objects.filter(username_key__in=spelled)
        before = set(named.values_list("pk", flat=True))
        User.objects.bulk_create(users, ignore_conflicts=True)
        after = named.all().values_list("pk", flat=True)
        users_created(sorted(set(after) - before))
