"""Statements over many rows, for PostgreSQL (arrays) and SQLite (`json_each`).

However many rows, it is one statement with one parameter for all of them. Rows that others may
write too are taken in the order of the user: two writers then wait for each other instead of
dying of deadlock.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func
from django.db.models.sql.compiler import SQLCompiler
from typing_extensions import override

_COUNTER = "notifications_unreadcounter"
_NOTIFICATION = "notifications_notification"
_KEY = "notifications_idempotencykey"

_HOLD = f"""
INSERT INTO {_COUNTER} (user_id, unread, version)
{{given}}
ON CONFLICT (user_id) DO UPDATE SET
    unread = {_COUNTER}.unread + excluded.unread, version = {_COUNTER}.version + excluded.version
"""
_PG_HOLD = _HOLD.format(
    given="SELECT user_id, %s, %s FROM unnest(%s::bigint[]) AS held (user_id) ORDER BY user_id"
)
_LITE_HOLD = _HOLD.format(given="SELECT value, %s, %s FROM json_each(%s) WHERE true ORDER BY value")

# Only after _HOLD: the rows are there and locked, so that their order does not matter.
_CHANGE = f"""
UPDATE {_COUNTER} SET unread = unread + change.delta, version = version + 1
FROM {{given}} WHERE {_COUNTER}.user_id = change.user_id
"""  # noqa: S608 - names of our own tables
_PG_CHANGE = _CHANGE.format(given="unnest(%s::bigint[], %s::int[]) AS change (user_id, delta)")
_LITE_CHANGE = _CHANGE.format(
    given="(SELECT json_extract(value, '$[0]') AS user_id, json_extract(value, '$[1]') AS delta"
    " FROM json_each(%s)) AS change"
)

_INSERT = f"""
INSERT INTO {_NOTIFICATION} (
    type, title, message, link, reference_id, reference_type, data_json, collapse_key,
    batch_id, created_at, expires_at, user_id
) {{given}}
RETURNING id, user_id
"""
_PG_INSERT = _INSERT.format(
    given="""
    SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s::uuid, %s::timestamptz, %s::timestamptz, user_id
    FROM unnest(%s::bigint[]) AS given (user_id) ORDER BY user_id"""
)
_LITE_INSERT = _INSERT.format(
    given="""
    SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, value
    FROM json_each(%s) WHERE true ORDER BY value"""
)

# `read_at IS NULL` would be neater, but SQLite 3.40 takes it for false in a RETURNING whenever the
# table's first column is NOT NULL.
_DELETE = f"""
UPDATE {_NOTIFICATION} SET deleted_at = %s WHERE id {{among}} AND deleted_at IS NULL
RETURNING id, user_id, read_at
"""  # noqa: S608 - names of our own tables
_PG_DELETE = _DELETE.format(among="= ANY(%s::bigint[])")
_LITE_DELETE = _DELETE.format(among="IN (SELECT value FROM json_each(%s))")

# A row comes back only to the owner of the key. Somebody else's uncommitted claim is waited for.
_CLAIM = f"""
INSERT INTO {_KEY} (principal, key, body_sha256, answer_json, created_at)
VALUES (%s, %s, %s, NULL, %s)
ON CONFLICT (principal, key) DO UPDATE
    SET body_sha256 = excluded.body_sha256, answer_json = NULL, created_at = excluded.created_at
    WHERE {_KEY}.created_at <= %s
RETURNING id
"""  # noqa: S608 - names of our own tables


class Among(Func):
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
        among = " IN (SELECT value FROM json_each(%s))"
        return column + among, (*params, listed)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        return column + " = ANY(%s)", (*params, self.values)


def hold_counters(users: Sequence[int], *, add: int) -> None:
    """Lock the users' counters until the transaction ends, and add 0 or 1 to each."""
    # The version counts changes: adding one is a change, adding none is not.
    _run(_PG_HOLD, _LITE_HOLD, [add, add], users)


def change_counters(deltas: Mapping[int, int]) -> None:
    """Add `{user: delta}` to counters that are held."""
    if connection.vendor == "postgresql":
        _run(_PG_CHANGE, "", [list(deltas)], list(deltas.values()))
    else:
        _run("", _LITE_CHANGE, [], list(deltas.items()))


def insert_notifications(
    *,
    texts: Sequence[str],
    batch_id: uuid.UUID,
    created_at: datetime,
    expires_at: datetime | None,
    users: Sequence[int],
) -> list[tuple[int, int]]:
    """One row for each user; returns `(id, user_id)` of each.

    `texts`: type, title, message, link, reference_id, reference_type, data_json, collapse_key.
    """
    batch = batch_id if connection.features.has_native_uuid_field else batch_id.hex
    params = [*texts, batch, _instant(created_at), _instant(expires_at)]
    rows: list[tuple[int, int]] = _run(_PG_INSERT, _LITE_INSERT, params, users)
    return rows


def delete_notifications(ids: Sequence[int], *, at: datetime) -> list[tuple[int, int, bool]]:
    """Mark as deleted what is not yet; `(id, user_id, was unread)` of each, in order of the id."""
    rows = _run(_PG_DELETE, _LITE_DELETE, [_instant(at)], ids)
    return sorted((row_id, user_id, read_at is None) for row_id, user_id, read_at in rows)


def claim_key(
    *, principal: str, key: str, body_sha256: str, now: datetime, expired: datetime
) -> int | None:
    """The id of the idempotency row if it is the caller's to answer, else None.

    A row from before `expired` counts for nothing and is taken over.
    """
    values = [principal, key, body_sha256, _instant(now), _instant(expired)]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _run(postgresql: str, sqlite: str, params: Sequence[Any], many: Sequence[Any]) -> Any:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(postgresql, [*params, list(many)])
        else:
            cursor.execute(sqlite, [*params, orjson.dumps(list(many)).decode()])
        return cursor.fetchall() if cursor.description else []


def _instant(value: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(value)
