"""Statements of the unread counters: lock, change, read, settle.

A broadcast writes no counter. A count is the user's row, plus the broadcasts sent since it was
settled, less those withdrawn since that the user had not touched: touched ones were subtracted when
the user acted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

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

# Run after _HOLD, as statements of their own: the rows exist and are locked, so their order does
# not matter, and muted categories are read as they are now, not as they were before the wait.
_MUTED = "SELECT user_id, category FROM notifications_mutedcategory WHERE user_id {condition}"
_PG_MUTED = _MUTED.format(condition="= ANY(%s::bigint[])")
_LITE_MUTED = _MUTED.format(condition="IN (SELECT value FROM json_each(%s))")

# On PostgreSQL without a join, as each row looks up its own change: after a vacuum that saw none of
# the rows, the planner expects one, and joins 10,000 rows with 10,000 changes in a nested loop.
_PG_CHANGE = f"""
UPDATE {_COUNTER} SET
    unread = unread + (changes.own -> user_id::text)::int,
    broadcasts = broadcasts + (changes.everyones -> user_id::text)::int,
    version = version + 1
FROM (SELECT %s::jsonb AS own, %s::jsonb AS everyones) AS changes
WHERE user_id = ANY(%s::bigint[])
"""  # noqa: S608 - names of our own tables
_LITE_CHANGE = f"""
UPDATE {_COUNTER} SET
    unread = unread + json_extract(change.value, '$[1]'),
    broadcasts = broadcasts + json_extract(change.value, '$[2]'),
    version = version + 1
FROM json_each(%s) AS change
WHERE {_COUNTER}.user_id = json_extract(change.value, '$[0]')
"""  # noqa: S608 - names of our own tables

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
FROM accounts_user AS person LEFT JOIN {{counter}}
WHERE person.id {{condition}}
"""  # noqa: S608 - names of our own tables
# OFFSET 0 keeps the planner from a join other than by the index, as it may expect one row (above).
PG_UNREAD = _UNREAD.format(
    counter=f"LATERAL (SELECT * FROM {_COUNTER} WHERE user_id = person.id OFFSET 0) AS counter"  # noqa: S608
    " ON true",
    condition="= ANY(%s::bigint[])",
)
_LITE_UNREAD = _UNREAD.format(
    counter=f"{_COUNTER} AS counter ON counter.user_id = person.id",
    condition="IN (SELECT value FROM json_each(%s))",
)

_SETTLE = f"""
UPDATE {_COUNTER} AS counter SET
    broadcasts = (
        SELECT count(*) FROM {_BROADCAST} AS one, accounts_user AS person
        WHERE person.id = counter.user_id AND one.withdrawn IS NULL
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

    Users whose changes add up to zero are not written.
    """
    muted = set(run(_PG_MUTED, _LITE_MUTED, [], sorted({row[0] for row in rows})))
    own: Counter[int] = Counter()
    everyones: Counter[int] = Counter()
    for user_id, category, own_change, everyones_change in rows:
        if (user_id, category) not in muted:
            own[user_id] += own_change
            everyones[user_id] += everyones_change
    changed = [user_id for user_id in own if own[user_id] or everyones[user_id]]
    if not changed:
        return
    if connection.vendor == "postgresql":
        fetch(_PG_CHANGE, [*(_json_by_user(each, changed) for each in (own, everyones)), changed])
    else:
        given = [(user_id, own[user_id], everyones[user_id]) for user_id in changed]
        fetch(_LITE_CHANGE, [orjson.dumps(given).decode()])


def _json_by_user(changes: Mapping[int, int], users: Sequence[int]) -> str:
    return orjson.dumps({str(user_id): changes[user_id] for user_id in users}).decode()


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
