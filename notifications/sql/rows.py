"""Statements of notifications and receipts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection

from accounts.topics import USERS
from notifications.models import Notification
from notifications.sql.counters import SENT_SINCE_JOINED
from notifications.sql.run import fetch, instant, run

_NOTIFICATION = "notifications_notification"

_COLUMNS = """type, title, message, link, reference_id, reference_type, data_json, collapse_key,
    templates, batch_id, created_at, expires_at"""
_INSERT = f"""
INSERT INTO {_NOTIFICATION} (
    {_COLUMNS}, user_id, logged_after
) {{given}}
RETURNING id, user_id, batch_id
"""
# The texts are one JSON document, so that each is sent once, however many users get it.
_PG_INSERT = _INSERT.format(
    given=f"""
    SELECT {_COLUMNS}, user_id,
        coalesce((SELECT head FROM realtime_head WHERE topic = %s || user_id::text), 0)
    FROM unnest(%s::int[], %s::bigint[]) AS given (place, user_id)
    JOIN jsonb_to_recordset(%s::jsonb) AS content (
        place int, type text, title text, message text, link text, reference_id text,
        reference_type text, data_json text, collapse_key text, templates jsonb, batch_id uuid,
        created_at timestamptz, expires_at timestamptz
    ) USING (place)
    ORDER BY place, user_id"""  # noqa: S608 - names of our own columns
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
    contents: Sequence[Notification], users: Sequence[Sequence[int]]
) -> list[list[tuple[int, int]]]:
    """Insert one row per content and user. Returns `(id, user_id)` of each, by content.

    `contents` are unsaved and have batches of their own. Ids increase in the order of the contents.
    """
    if connection.vendor != "postgresql":
        # In the same process: statements cost no round trips.
        return [_insert_on_sqlite(row, own) for row, own in zip(contents, users, strict=True)]
    places = [place for place, own in enumerate(users) for _ in own]
    everyone = [user_id for own in users for user_id in own]
    documents = orjson.dumps([_document(place, row) for place, row in enumerate(contents)]).decode()
    rows = fetch(_PG_INSERT, [f"{USERS}/", places, everyone, documents])
    place_of = {row.batch_id: place for place, row in enumerate(contents)}
    inserted: list[list[tuple[int, int]]] = [[] for _ in contents]
    for notification_id, user_id, batch_id in rows:
        inserted[place_of[batch_id]].append((notification_id, user_id))
    return inserted


def _insert_on_sqlite(row: Notification, users: Sequence[int]) -> list[tuple[int, int]]:
    document = _document(0, row)
    del document["place"]
    document["templates"] = orjson.dumps(row.templates).decode()
    document["batch_id"] = document["batch_id"].hex
    listed = orjson.dumps(list(users)).decode()
    rows = fetch(_LITE_INSERT, [*document.values(), f"{USERS}/", listed])
    return [(notification_id, user_id) for notification_id, user_id, _ in rows]


def _document(place: int, row: Notification) -> dict[str, Any]:
    """Return the values of `_COLUMNS`, in their order, behind the place."""
    return {
        "place": place,
        "type": row.type,
        "title": row.title,
        "message": row.message,
        "link": row.link,
        "reference_id": row.reference_id,
        "reference_type": row.reference_type,
        "data_json": row.data_json,
        "collapse_key": row.collapse_key,
        "templates": row.templates,
        "batch_id": row.batch_id,
        "created_at": instant(row.created_at),
        "expires_at": instant(row.expires_at),
    }


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
