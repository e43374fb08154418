"""Emptying the database after a transactional test, in a fraction of the time of Django's `flush`.

`flush` truncates every table, for which PostgreSQL makes new files for each of their indexes, and
then writes content types and permissions again. That takes longer than most tests, which leave a
few rows in a few tables: those rows are deleted, and content types and permissions stay.
"""

from collections.abc import Callable

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from realtime.log import event_log

# Deleting a row of PostgreSQL's also looks for what refers to it: many are truncated faster.
MOST_ROWS = 500


class Flush:
    """Knows the tables of a database that was just migrated."""

    def __init__(self) -> None:
        kept = {model._meta.db_table for model in (ContentType, Permission)}
        tables = connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        self._tables = [connection.ops.quote_name(name) for name in tables if name not in kept]
        self._kept_rows = _kept_rows()

    def run(self, flush: Callable[[], None]) -> None:
        """Leave what the migrations had left, with a new epoch. `flush` is Django's own way, for a
        test that leaves many rows or changes content types or permissions."""
        if _kept_rows() != self._kept_rows or not self._delete_rows():
            flush()
            # The same again, by other ids.
            self._kept_rows = _kept_rows()

    def _delete_rows(self) -> bool:
        """False, and nothing is done, where these are many."""
        with transaction.atomic(), connection.cursor() as cursor:
            tables = self._tables
            if connection.vendor == "postgresql":
                # As `TRUNCATE` does: a thread that is still writing is waited for.
                cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
                counts = " UNION ALL ".join(
                    f"SELECT {place}, count(*) FROM (SELECT FROM {table} LIMIT {MOST_ROWS}) AS few"  # noqa: S608
                    for place, table in enumerate(tables)
                )
                cursor.execute(counts)
                rows = {tables[place]: count for place, count in cursor.fetchall() if count}
                if MOST_ROWS in rows.values():
                    return False
                tables = list(rows)
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608
            event_log.begin_epoch()
        return True


def _kept_rows() -> list[set[tuple[object, ...]]]:
    return [
        set(ContentType.objects.values_list()),
        set(Permission.objects.values_list()),
    ]
