"""Statements of notifications and receipts."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from accounts.topics import USERS
from notifications.sql.counters import SENT_SINCE_JOINED
from notifications.sql.run import fetch, instant, run

_NOTIFICATION = "notifications_notification"

_INSERT = f"""
INSERT INTO {_NOTIFICATION} (
    type, title, message, link, reference_id, reference_type, data_json, collapse_key,
    templates, batch_id, created_at, expires_at, user_id, logged_after
) {{given}}
RETURNING id, user_id
"""
_PG_INSERT = _INSERT.format(
    given="""
    SELECT %s, %s, %s, %s, %s, %s, %s, %s,
        %s::jsonb, %s::uuid, %s::timestamptz, %s::timestamptz, user_id,
        coalesce((SELECT head FROM realtime_head WHERE topic = %s || user_id::text), 0)
    FROM unnest(%s::bigint[]) AS given (user_id) ORDER BY user_id"""
)
_LITE_INSERT = _INSERT.format(
    given="""
    SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, value,
        coalesce((SELECT head FROM realtime_head WHERE topic = %s || value), 0)
    FROM json_each(%s) WHERE true ORDER BY value"""
)

# `read_at IS NULL` would be shorter, but SQLite 3.40 evaluates it as false in a RETURNING whenever
# the table's first column is NOT NULL.
_DELETE = f"""
UPDATE {_NOTIFICATION} SET deleted_at = %s WHERE deleted_at IS NULL AND id {{condition}}
RETURNING id, user_id, type, read_at, logged_after, edited_at
"""  # noqa: S608 - names of our own tables
_PG_DELETE = _DELETE.format(condition="= ANY(%s::bigint[])")
_LITE_DELETE = _DELETE.format(condition="IN (SELECT value FROM json_each(%s))")

# Unread means no receipt: one is created when its user reads or deletes.
_READ_BROADCASTS = f"""
INSERT INTO notifications_receipt (user_id, notification_id, read_at)
SELECT person.id, one.notification_id, %s
FROM notifications_broadcast AS one, accounts_user AS person
LEFT JOIN notifications_unreadcounter AS counter ON counter.user_id = person.id
WHERE person.id = %s AND one.notification_id <= %s AND one.withdrawn IS NULL
    AND {SENT_SINCE_JOINED}
    AND NOT EXISTS (
        SELECT 1 FROM notifications_mutedcategory AS muted
        WHERE muted.user_id = person.id AND muted.category = one.category
    )
    AND NOT EXISTS (
        SELECT 1 FROM notifications_receipt AS receipt
        WHERE receipt.user_id = person.id AND receipt.notification_id = one.notification_id
    ){{of_types}}
RETURNING notification_id
"""  # noqa: S608 - names of our own tables
_OF_TYPES = """
    AND EXISTS (
        SELECT 1 FROM notifications_notification AS said
        WHERE said.id = one.notification_id AND said.type IN ({types})
    )"""


def insert_notifications(
    *,
    texts: Sequence[str],
    batch_id: uuid.UUID,
    created_at: datetime,
    expires_at: datetime | None,
    users: Sequence[int],
) -> list[tuple[int, int]]:
    """Insert one row per user. Returns `(id, user_id)` of each.

    `texts`: type, title, message, link, reference_id, reference_type, data_json, collapse_key,
    templates as JSON text.
    """
    batch = batch_id if connection.features.has_native_uuid_field else batch_id.hex
    params: list[Any] = [*texts, batch, instant(created_at), instant(expires_at), f"{USERS}/"]
    rows: list[tuple[int, int]] = run(_PG_INSERT, _LITE_INSERT, params, users)
    return rows


class Deleted(NamedTuple):
    """A notification that has just been deleted; of a broadcast, `user_id` is None."""

    id: int
    user_id: int | None
    type: str
    was_unread: bool
    logged_after: int | None
    was_edited: bool


def delete_notifications(ids: Sequence[int], *, at: datetime) -> list[Deleted]:
    """Mark rows as deleted. Returns those that were not before, in the order of their ids."""
    rows = run(_PG_DELETE, _LITE_DELETE, [instant(at)], ids)
    found = [
        Deleted(row_id, user_id, kind, read is None, after, edited is not None)
        for row_id, user_id, kind, read, after, edited in rows
    ]
    return sorted(found, key=lambda one: one.id)


def read_broadcasts(
    *, user_id: int, up_to: int, at: datetime, types: Collection[str] | None = None
) -> list[int]:
    """Create a receipt for each visible broadcast up to the id (of these types).

    Returns their ids.
    """
    params = [instant(at), user_id, up_to, *(types or ())]
    if types is None:
        statement = _READ_BROADCASTS.format(of_types="")
    elif types:
        marks = ", ".join(["%s"] * len(types))
        statement = _READ_BROADCASTS.format(of_types=_OF_TYPES.format(types=marks))
    else:
        return []
    return sorted(row[0] for row in fetch(statement, params))
