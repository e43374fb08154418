"""Bulk statements for users: arrays on PostgreSQL, `json_each` on SQLite."""

# ruff: noqa: E501

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.utils import timezone


class Newcomer(NamedTuple):
    """A user to insert; fields in the order of the statements' columns."""

    external_id: str
    username: str
    username_key: str
    search_text: str
    password: str


# The other columns have defaults in the model only, not in the database.
_CREATE = """
INSERT INTO accounts_user (external_id, username, username_key, search_text, password, date_joined, is_active, is_staff, is_superuser, first_name, last_name, email)
SELECT external_id, username, username_key, search_text, password, %s, true, false, false, '', '', ''
FROM {given} WHERE true ORDER BY external_id
ON CONFLICT DO NOTHING RETURNING external_id, id
"""
_PG_CREATE = _CREATE.format(
    given="unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])"
    " AS given (external_id, username, username_key, search_text, password)"
)
_LITE_CREATE = _CREATE.format(
    given="(SELECT json_extract(value, '$[0]') AS external_id, json_extract(value, '$[1]') AS username,"
    " json_extract(value, '$[2]') AS username_key, json_extract(value, '$[3]') AS search_text,"
    " json_extract(value, '$[4]') AS password FROM json_each(%s)) AS given"
)

_IDS = "SELECT external_id, id FROM accounts_user WHERE external_id {condition}"
_PG_IDS = _IDS.format(condition="= ANY(%s)")
_LITE_IDS = _IDS.format(condition="IN (SELECT value FROM json_each(%s))")


def create_users(newcomers: Sequence[Newcomer]) -> dict[str, int]:
    """Insert users in the order of the external id: two concurrent inserts wait for each other.

    Returns `{external_id: id}` of the inserted ones; the external id or username of the others is
    taken.
    """
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    if connection.vendor == "postgresql":
        return _pairs(
            _PG_CREATE, [now, *([list(column) for column in zip(*newcomers, strict=True)])]
        )
    return _pairs(_LITE_CREATE, [now, orjson.dumps([list(each) for each in newcomers]).decode()])


def ids_of(external_ids: Sequence[str]) -> dict[str, int]:
    """Return `{external_id: id}` of existing users."""
    if connection.vendor == "postgresql":
        return _pairs(_PG_IDS, [list(external_ids)])
    return _pairs(_LITE_IDS, [orjson.dumps(list(external_ids)).decode()])


def _pairs(statement: str, params: Sequence[Any]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return dict(cursor.fetchall())
