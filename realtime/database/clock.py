"""The one clock that all instances share: the database's.

Times that one instance writes and another compares with "now" are taken from it. The clocks of
two machines may differ by more than what is compared: the 30 seconds of a ticket, or the time
after which a refresh token that comes again has been stolen.
"""

from datetime import UTC, datetime

from django.db import connection

_PG = "SELECT statement_timestamp()"
_LITE = "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"


def database_now() -> datetime:
    """The time of the current statement, in UTC; on SQLite in milliseconds."""
    with connection.cursor() as cursor:
        cursor.execute(_PG if connection.vendor == "postgresql" else _LITE)
        (now,) = cursor.fetchone()
    return now if isinstance(now, datetime) else datetime.fromisoformat(now).replace(tzinfo=UTC)
