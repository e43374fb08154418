"""Statements of the unread counters: lock, change, read, settle.

A broadcast writes no counter. A count is the user's row, plus the broadcasts sent since it was
settled, less those withdrawn since that the user had not touched: touched ones were subtracted when
the user acted.
"""

from collections.abc import Iterable, Sequence

import orjson
from django.db import connection

from notifications.live.topics import BROADCAST
from notifications.sql.run import fetch, run
from realtime import HEAD_OF

_COUNTER = "notifications_unreadcounter"
_BROADCAST = "notifications_broadcast"
_CLOCK = "coalesce((SELECT time FROM notifications_broadcastclock WHERE id = 1), 0)"

_HOLD = f"""
INSERT INTO {_COUNTER} (user_id, unread, version)
{{given}}
ON CONFLICT (user_id) DO UPDATE SET unread = {_COUNTER}.unread
"""
_PG_HOLD = _HOLD.format(
    given="SELECT user_id, 0, 0 FROM unnest(%s::bigint[]) AS held (user_id) ORDER BY user_id"
)
_LITE_HOLD = _HOLD.format(given="SELECT value, 0, 0 FROM json_each(%s) WHERE true ORDER BY value")

# Run after _HOLD, as a statement of its own: the rows exist and are locked, so their order does not
# matter, and muted categories are read as they are now, not as they were before the wait.
_CHANGE = f"""
UPDATE {_COUNTER} SET
    unread = unread + change.own,
    broadcasts = broadcasts + change.everyones,
    version = version + 1
FROM (
    SELECT user_id, sum(own) AS own, sum(everyones) AS everyones
    FROM {{given}}
    WHERE NOT EXISTS (
        SELECT 1 FROM notifications_mutedcategory AS muted
        WHERE muted.user_id = given.user_id AND muted.category = given.category
    )
    GROUP BY user_id HAVING sum(own) <> 0 OR sum(everyones) <> 0
) AS change
WHERE {_COUNTER}.user_id = change.user_id
"""  # noqa: S608 - names of our own tables
_PG_CHANGE = _CHANGE.format(
    given="unnest(%s::bigint[], %s::text[], %s::int[], %s::int[])"
    " AS given (user_id, category, own, everyones)"
)
_LITE_CHANGE = _CHANGE.format(
    given="(SELECT json_extract(value, '$[0]') AS user_id, json_extract(value, '$[1]') AS category,"
    " json_extract(value, '$[2]') AS own, json_extract(value, '$[3]') AS everyones"
    " FROM json_each(%s)) AS given"
)

# Sent after the user was created. `person` is the user, `counter` the user's row if there is one.
SENT_SINCE_JOINED = """
    CASE WHEN counter.joined IS NULL THEN one.created_at >= person.date_joined
        ELSE one.sent > counter.joined END"""
# And in a category that is not muted.
_OWN_ROWS = f"""
    {SENT_SINCE_JOINED} AND NOT EXISTS (
        SELECT 1 FROM notifications_mutedcategory AS muted
        WHERE muted.user_id = person.id AND muted.category = one.category
    )"""  # noqa: S608 - names of our own tables
_UNTOUCHED = """
    NOT EXISTS (
        SELECT 1 FROM notifications_receipt AS receipt
        WHERE receipt.user_id = person.id AND receipt.notification_id = one.notification_id
    )"""

_UNREAD = f"""
SELECT person.id,
    coalesce(counter.unread, 0) + coalesce(counter.broadcasts, 0)
    + (SELECT count(*) FROM {_BROADCAST} AS one
       WHERE one.sent > coalesce(counter.settled, 0) AND {_OWN_ROWS})
    - (SELECT count(*) FROM {_BROADCAST} AS one
       WHERE one.withdrawn > coalesce(counter.settled, 0) AND {_OWN_ROWS} AND {_UNTOUCHED}),
    coalesce(counter.version, 0) + {_CLOCK},
    {_CLOCK} - coalesce(counter.settled, 0)
FROM accounts_user AS person LEFT JOIN {_COUNTER} AS counter ON counter.user_id = person.id
WHERE person.id {{condition}}
"""  # noqa: S608 - names of our own tables
PG_UNREAD = _UNREAD.format(condition="= ANY(%s::bigint[])")
_LITE_UNREAD = _UNREAD.format(condition="IN (SELECT value FROM json_each(%s))")

_SETTLE = f"""
UPDATE {_COUNTER} SET
    broadcasts = (
        SELECT count(*) FROM {_BROADCAST} AS one, accounts_user AS person, {_COUNTER} AS counter
        WHERE person.id = {_COUNTER}.user_id AND counter.user_id = person.id
            AND one.withdrawn IS NULL
            AND {_OWN_ROWS} AND {_UNTOUCHED}
    ),
    settled = {_CLOCK},
    version = version + 1
WHERE user_id {{condition}}
"""  # noqa: S608 - names of our own tables
_PG_SETTLE = _SETTLE.format(condition="= ANY(%s::bigint[])")
_LITE_SETTLE = _SETTLE.format(condition="IN (SELECT value FROM json_each(%s))")

# New users: earlier broadcasts are not theirs, so the count is settled. Clock and head are read in
# one statement, so that no broadcast comes in between.
_JOIN = f"""
INSERT INTO {_COUNTER} (user_id, unread, version, joined, settled, joined_offset)
SELECT user_id, 0, 0, {_CLOCK}, {_CLOCK}, {HEAD_OF} FROM {{given}}
WHERE true ORDER BY user_id
ON CONFLICT (user_id) DO NOTHING
"""  # noqa: S608 - names of our own tables
_PG_JOIN = _JOIN.format(given="unnest(%s::bigint[]) AS new (user_id)")
_LITE_JOIN = _JOIN.format(given="(SELECT value AS user_id FROM json_each(%s)) AS new")

_TICK = """
INSERT INTO notifications_broadcastclock (id, time) VALUES (1, 1)
ON CONFLICT (id) DO UPDATE SET time = notifications_broadcastclock.time + 1
RETURNING time
"""


def hold(users: Sequence[int]) -> None:
    """Lock the users' counters until the transaction ends, creating missing ones."""
    run(_PG_HOLD, _LITE_HOLD, [], users)


def join(users: Sequence[int]) -> None:
    """Create the counters of new users, in the transaction that creates the users."""
    run(_PG_JOIN, _LITE_JOIN, [BROADCAST], users)


def change(rows: Sequence[tuple[int, str, int, int]]) -> None:
    """Add `(user, category, own, everyones)` to locked counters, in categories that are not
    muted.
    """
    if connection.vendor == "postgresql":
        fetch(_PG_CHANGE, [list(column) for column in zip(*rows, strict=True)])
    else:
        fetch(_LITE_CHANGE, [orjson.dumps(rows).decode()])


def unread(users: Iterable[int]) -> list[tuple[int, int, int, int]]:
    """Return `(user, count, version, changes of broadcasts since it was settled)` of each."""
    rows: list[tuple[int, int, int, int]] = run(PG_UNREAD, _LITE_UNREAD, [], list(users))
    return rows


def settle(users: Sequence[int]) -> None:
    """Recount the broadcasts of locked users."""
    run(_PG_SETTLE, _LITE_SETTLE, [], users)


def tick() -> int:
    """Advance the broadcasts' clock, which is locked until the transaction ends. Returns
    its time.
    """
    return int(fetch(_TICK, [])[0][0])
