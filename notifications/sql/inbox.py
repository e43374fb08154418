"""Pages of a user's list: their own notifications and broadcasts, merged by time.

Each source is read off an index from its newest end, no further than the page reaches. With a
category filter or muted categories, each remaining type is a source of its own: skipping the others
row by row could walk through a million of them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from notifications.sql.run import fetch, instant

_OWN = """
SELECT id, created_at FROM notifications_notification
WHERE user_id = %s AND deleted_at IS NULL {filters} {after}
ORDER BY created_at DESC, id DESC LIMIT %s
"""
# `SENT_SINCE_JOINED` as bounds that an index supports: by the clock if the user's row has its time
# (the date is then before all), else by the time of day.
_EVERYONES = """
SELECT one.notification_id AS id, one.created_at
FROM notifications_broadcast AS one
LEFT JOIN notifications_receipt AS receipt
    ON receipt.notification_id = one.notification_id AND receipt.user_id = %s
{joins}
WHERE one.created_at >= (
        SELECT CASE WHEN counter.joined IS NULL THEN person.date_joined ELSE %s END
        FROM accounts_user AS person
        LEFT JOIN notifications_unreadcounter AS counter ON counter.user_id = person.id
        WHERE person.id = %s
    )
    AND one.sent > coalesce(
        (SELECT joined FROM notifications_unreadcounter WHERE user_id = %s), -1
    )
    AND one.withdrawn IS NULL AND receipt.deleted_at IS NULL {filters} {after}
ORDER BY one.created_at DESC, one.notification_id DESC LIMIT %s
"""
_PAGE = """
SELECT id FROM ({merged}) AS merged ORDER BY created_at DESC, id DESC LIMIT %s OFFSET %s
"""
_AFTER = "AND ({created_at}, {id}) < (%s, %s)"
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
_READ = {None: "", True: "AND {}.read_at IS NOT NULL", False: "AND {}.read_at IS NULL"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A user's list and its filters. `types`: None for all. `muted`: categories left out.

    `category`: the one of all the `types`, for which broadcasts have an index. `after`: the time
    and id of a place in the list, after which the page begins.
    """

    user_id: int
    read: bool | None
    types: Collection[str] | None
    muted: Collection[str]
    category: str | None = None
    after: tuple[datetime, int] | None = None


def page_of_ids(wanted: Wanted, *, start: int, stop: int) -> list[int]:
    """Return the ids from the place `start` up to `stop` of the list, newest first."""
    if wanted.types is not None and not wanted.types:
        return []
    return [row[0] for row in fetch(*statement(wanted, start=start, stop=stop))]


def statement(wanted: Wanted, *, start: int, stop: int) -> tuple[str, list[Any]]:
    """Return the SQL statement and its parameters."""
    sources: list[str] = []
    params: list[Any] = []
    place = (instant(wanted.after[0]), wanted.after[1]) if wanted.after else ()
    after = _AFTER if place else ""
    for kind in [None] if wanted.types is None else wanted.types:
        read = _READ[wanted.read].format("notifications_notification")
        filters = read if kind is None else f"{read} AND type = %s"
        own = after.format(created_at="created_at", id="id")
        sources.append(_OWN.format(filters=filters, after=own))
        params += [wanted.user_id, *([] if kind is None else [kind]), *place, stop]
    filters, joins = _READ[wanted.read].format("receipt"), ""
    named: list[str] = []
    if wanted.category is not None:
        named.append(wanted.category)
        filters += " AND one.category = %s"
    else:
        if wanted.muted:
            named += wanted.muted
            filters += f" AND one.category NOT IN ({_marks(wanted.muted)})"
        if wanted.types is not None:
            named += wanted.types
            joins = "JOIN notifications_notification AS said ON said.id = one.notification_id"
            filters += f" AND said.type IN ({_marks(wanted.types)})"
    everyones = after.format(created_at="one.created_at", id="one.notification_id")
    sources.append(_EVERYONES.format(filters=filters, joins=joins, after=everyones))
    before_all = instant(_BEFORE_ALL)
    user = wanted.user_id
    params += [user, before_all, user, user, *named, *place, stop]
    # SQLite accepts a LIMIT in a part of a UNION only inside a subquery.
    merged = " UNION ALL ".join(f"SELECT * FROM ({source}) AS part" for source in sources)  # noqa: S608
    return _PAGE.format(merged=merged), [*params, stop - start, start]


def _marks(values: Collection[str]) -> str:
    return ", ".join(["%s"] * len(values))
