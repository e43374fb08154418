"""Numbers of notifications sent and read, by day and type."""

from datetime import datetime

from django.db import connection

from notifications.sql.run import fetch, instant

# `id > 0`: see `EVERYBODYS` in notifications/models.py. Days are in UTC; SQLite stores times as
# text in UTC, which begins with the day.
_DAYS = """
SELECT {day} AS day, type, count(*), count(user_id), count(read_at)
FROM (
    SELECT created_at, type, user_id, read_at FROM notifications_notification
    WHERE id > 0 AND created_at >= %s ORDER BY created_at DESC LIMIT %s
) AS recent
GROUP BY 1, 2
"""
_PG_DAYS = _DAYS.format(day="to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')")
_LITE_DAYS = _DAYS.format(day="substr(created_at, 1, 10)")


def by_day_and_type(*, since: datetime, most: int) -> list[tuple[str, str, int, int, int]]:
    """Return `(day, type, sent, sent to single users, read)` over the newest `most` rows."""
    statement = _PG_DAYS if connection.vendor == "postgresql" else _LITE_DAYS
    rows: list[tuple[str, str, int, int, int]] = fetch(statement, [instant(since), most])
    return rows
