"""Rows of notifications and receipts."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from notifications.sql.counters import SENT_SINCE_JOINED
from notifications.sql.run import fetch, instant, run

_NOTIFICATION = "notifications_notification"

_INSERT = f"""
INSERT INTO {_NOTIFICATION} (
    type, title, message, link, reference_id, reference_type, data_json, collapse_key,
    templates, batch_id, created_at, expires_at, user_id
) {{given}}
RETURNING id, user_id
"""
_PG_INSERT = _INSERT.format(
    given="""
    SELECT %s, %s, %s, %s, %s, %s, %s, %s,
        %s::jsonb, %s::uuid, %s::timestamptz, %s::timestamptz, user_id
    FROM unnest(%s::bigint[]) AS given (user_id) ORDER BY user_id"""
)
_LITE_INSERT = _INSERT.format(
    given="""
    SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, value
    FROM json_each(%s) WHERE true ORDER BY value"""
)

# `read_at IS NULL` would be neater, but SQLite 3.40 takes it for false in a RETURNING whenever the
# table's first column is NOT NULL.
_DELETE = f"""
UPDATE {_NOTIFICATION} SET deleted_at = %s WHERE deleted_at IS NULL AND id {{among}}
RETURNING id, user_id, type, read_at
"""  # noqa: S608 - names of our own tables
_PG_DELETE = _DELETE.format(among="= ANY(%s::bigint[])")
_LITE_DELETE = _DELETE.format(among="IN (SELECT value FROM json_each(%s))")

# Unread is what has no receipt: each is made when its user reads or deletes.
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
    )
RETURNING notification_id
"""  # noqa: S608 - names of our own tables


def insert_notifications(
    *,
    texts: Sequence[str],
    batch_id: uuid.UUID,
    created_at: datetime,
    expires_at: datetime | None,
    users: Sequence[int],
) -> list[tuple[int, int]]:
    """One row for each user; returns `(id, user_id)` of each.

    `texts`: type, title, message, link, reference_id, reference_type, data_json, collapse_key,
    templates as JSON text.
    """
    batch = batch_id if connection.features.has_native_uuid_field else batch_id.hex
    params: list[Any] = [*texts, batch, instant(created_at), instant(expires_at)]
    rows: list[tuple[int, int]] = run(_PG_INSERT, _LITE_INSERT, params, users)
    return rows


def delete_notifications(ids: Sequence[int], *, at: datetime) -> list[tuple[int, int, str, bool]]:
    """Mark as deleted what is not yet; `(id, user_id, type, was unread)`, in order of the id."""
    rows = run(_PG_DELETE, _LITE_DELETE, [instant(at)], ids)
    return sorted((row_id, user_id, kind, read is None) for row_id, user_id, kind, read in rows)


def read_broadcasts(*, user_id: int, up_to: int, at: datetime) -> int:
    """Make a receipt for each broadcast up to the id that the user is shown; returns how many."""
    return len(fetch(_READ_BROADCASTS, [instant(at), user_id, up_to]))
