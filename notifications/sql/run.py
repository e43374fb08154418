"""Runs statements over many rows: arrays on PostgreSQL, `json_each` on SQLite.

However many rows there are, it is one statement with one parameter for all of them. Rows that
others may write too are locked in the order of the user, so that two writers wait for each other
instead of deadlocking.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func
from django.db.models.sql.compiler import SQLCompiler
from typing_extensions import override


class InValues(Func):
    """A condition for `filter()`: the column `name` has one of `values`, however many."""

    output_field = BooleanField()

    def __init__(self, name: str, values: Iterable[int | str]) -> None:
        super().__init__(F(name))
        self.values: list[Any] = list(values)

    @override
    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        listed = orjson.dumps(self.values).decode()
        condition = " IN (SELECT value FROM json_each(%s))"
        return column + condition, (*params, listed)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        return column + " = ANY(%s)", (*params, self.values)


def run(postgresql: str, sqlite: str, params: Sequence[Any], many: Sequence[Any]) -> Any:
    """Return the statement's rows. `many` is its last parameter."""
    if connection.vendor == "postgresql":
        return fetch(postgresql, [*params, list(many)])
    return fetch(sqlite, [*params, orjson.dumps(list(many)).decode()])


def fetch(statement: str, params: Sequence[Any]) -> Any:
    """Return the rows of a statement that both databases accept."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


def instant(value: datetime | None) -> Any:
    """Adapt a time to the database."""
    return connection.ops.adapt_datetimefield_value(value)
