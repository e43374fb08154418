from typing import Any

from django.contrib.auth.management.commands import changepassword
from typing_extensions import override

from accounts.users import names


class Command(changepassword.Command):
    """Django's command, which finds users by any spelling of their names, as signing in does."""

    @override
    def handle(self, *args: Any, **options: Any) -> str:
        username = options["username"]
        user = names.find_user(username) if username else None
        if user is not None:
            options["username"] = user.username
        return str(super().handle(*args, **options))
