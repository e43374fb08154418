"""Looks into a deployment's database past the program, and changes it behind its back."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import psycopg


def execute(url: str, statement: str, *params: Any) -> Sequence[tuple[Any, ...]]:
    """Run one statement (`%s` marks a parameter) and commit. Returns its rows, if it has any."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as connection:
            rows = connection.execute(statement.replace("%s", "?"), params).fetchall()
            connection.commit()
            return rows
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), params)
        return cursor.fetchall() if cursor.description else []


def offsets(url: str, topic: str) -> list[int]:
    """Those that the log holds of a topic, in order."""
    rows = execute(
        url, 'SELECT "offset" FROM realtime_entry WHERE topic = %s ORDER BY "offset"', topic
    )
    return [offset for (offset,) in rows]
