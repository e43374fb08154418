"""The database's clock, which all instances share.

Use it for times that one instance writes and another compares with "now". The clocks of two
machines may differ by more than the compared interval: the 30 seconds of a ticket, or the time
after which a reused refresh token counts as stolen.
"""

from datetime import UTC, datetime

from django.db import connection

_PG = "SELECT statement_timestamp()"
_LITE = "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"


def database_now() -> datetime:
    """Return the time of the current statement, in UTC; on SQLite with millisecond precision."""
    with connection.cursor() as cursor:
        cursor.execute(_PG if connection.vendor == "postgresql" else _LITE)
        (now,) = cursor.fetchone()
    return now if isinstance(now, datetime) else datetime.fromisoformat(now).replace(tzinfo=UTC)
