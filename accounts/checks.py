"""Django system checks of the data: `manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import DatabaseError

from accounts.users.names import collisions, report_of

_NAMED = 5


def _names(*, databases: Sequence[str] | None = None, **options: Any) -> list[checks.CheckMessage]:
    # Models can be imported only once the apps are ready.
    from accounts.models import User

    if not databases:
        return []
    try:
        found = collisions(User.objects.filter(shares_name=True))
    except DatabaseError:
        # Before the migrations, which report the same.
        return []
    if not found:
        return []
    first = dict(list(found.items())[:_NAMED])
    return [
        checks.Warning(
            f"{len(found)} names are shared by several users, who are found by their exact "
            f"spelling alone.\n{report_of(first)}",
            hint="`manage.py name_collisions` lists all. Rename all but one in the admin.",
            id="accounts.W001",
        )
    ]


def register_checks() -> None:
    """Register the checks with Django. Called once, when the apps are ready."""
    checks.register(_names, checks.Tags.database)
