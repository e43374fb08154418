"""The log's statements, for PostgreSQL (arrays) and for SQLite (`json_each`).

SQLite takes lists as one JSON text because it limits the number of variables in a statement.
Statements that write many rows lock them in name order: two writers of the same rows then wait for
each other instead of deadlocking.
"""

# ruff: noqa: E501

PG_APPEND = """
WITH moved AS (
    INSERT INTO realtime_head (topic, head, trimmed)
    SELECT topic, n, 0 FROM unnest(%s::text[], %s::bigint[]) AS new (topic, n) ORDER BY topic
    ON CONFLICT (topic) DO UPDATE SET head = realtime_head.head + excluded.head
    RETURNING topic, head
), written AS (
    INSERT INTO realtime_entry (topic, "offset", type, data, at)
    SELECT new.topic, moved.head - new.back, new.type, new.data, new.at
    FROM (
        SELECT *, %s::float8 AS at
        FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[]) AS given (topic, back, type, data)
    ) AS new JOIN moved ON moved.topic = new.topic
)
SELECT moved.topic, moved.head, (SELECT epoch FROM realtime_epoch WHERE id = 1) FROM moved
"""

LITE_HEADS = """
INSERT INTO realtime_head (topic, head, trimmed)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), 0 FROM json_each(%s) WHERE true ORDER BY 1
ON CONFLICT (topic) DO UPDATE SET head = head + excluded.head
RETURNING topic, head
"""

LITE_ENTRIES = """
INSERT INTO realtime_entry (at, topic, "offset", type, data)
SELECT %s, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
       json_extract(value, '$[2]'), json_extract(value, '$[3]')
FROM json_each(%s)
"""

_READ = """
SELECT epoch.epoch, want.topic, coalesce(head.head, 0), entry."offset", entry.type, entry.data, entry.at
FROM {want}
CROSS JOIN realtime_epoch AS epoch
LEFT JOIN realtime_head AS head ON head.topic = want.topic
LEFT JOIN realtime_entry AS entry
    ON entry.topic = head.topic AND entry."offset" > want.after
    AND want.after >= head.head - %s AND entry."offset" > head.head - %s
"""
PG_READ = _READ.format(want="unnest(%s::text[], %s::bigint[]) AS want (topic, after)")
LITE_READ = _READ.format(
    want="(SELECT json_extract(value, '$[0]') AS topic, json_extract(value, '$[1]') AS after FROM json_each(%s)) AS want"
)

_HEADS = """
SELECT epoch.epoch, head.topic, head.head
FROM realtime_epoch AS epoch LEFT JOIN realtime_head AS head ON head.topic {among}
"""
PG_HEADS = _HEADS.format(among="= ANY(%s::text[])")
LITE_HEADS_OF = _HEADS.format(among="IN (SELECT value FROM json_each(%s))")

TRIMMABLE = """
SELECT topic, head FROM realtime_head WHERE head - trimmed >= %s + %s ORDER BY topic LIMIT %s
"""

PG_TRIM = """
DELETE FROM realtime_entry AS entry
USING unnest(%s::text[], %s::bigint[]) AS old (topic, floor)
WHERE entry.topic = old.topic AND entry."offset" <= old.floor
"""
PG_TRIMMED = """
INSERT INTO realtime_head (topic, head, trimmed)
SELECT topic, 0, floor FROM unnest(%s::text[], %s::bigint[]) AS old (topic, floor) ORDER BY topic
ON CONFLICT (topic) DO UPDATE SET trimmed = greatest(realtime_head.trimmed, excluded.trimmed)
"""

# The head first: concurrent appends hold it, and their events are to be erased too.
ERASED = "UPDATE realtime_head SET trimmed = head WHERE topic = %s"
ERASE = "DELETE FROM realtime_entry WHERE topic = %s"

# One instance trims at a time: two that delete the same rows in different orders would deadlock.
PG_TRIM_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('bellwire.realtime.trim'))"

LITE_TRIM = 'DELETE FROM realtime_entry WHERE topic = %s AND "offset" <= %s'
LITE_TRIMMED = """
INSERT INTO realtime_head (topic, head, trimmed)
SELECT json_extract(value, '$[0]'), 0, json_extract(value, '$[1]') FROM json_each(%s) WHERE true ORDER BY 1
ON CONFLICT (topic) DO UPDATE SET trimmed = max(trimmed, excluded.trimmed)
"""

# For use within an app's own statement: the head of a topic.
HEAD_OF = "coalesce((SELECT head FROM realtime_head WHERE topic = %s), 0)"

# --- redaction: `sought` rows are topic, offset, and the prefix of the data -----------------------

PG_SOUGHT = "unnest(%s::text[], %s::bigint[], %s::text[]) AS sought (topic, after, prefix)"
LITE_SOUGHT = """(
    SELECT json_extract(value, '$[0]') AS topic, json_extract(value, '$[1]') AS after,
        json_extract(value, '$[2]') AS prefix
    FROM json_each(%s)
) AS sought"""

# Compares prefixes with substr: LIKE would interpret wildcards in the prefix, and a match inside
# the data could be text written by a user.
FIRST_ENTRIES = """
SELECT entry.topic, entry."offset", entry.data
FROM {wanted} JOIN realtime_entry AS entry ON entry.topic = sought.topic AND entry."offset" = (
    SELECT one."offset" FROM realtime_entry AS one
    WHERE one.topic = sought.topic AND one."offset" > sought.after AND one.type {types}
        AND one."offset" <= sought.after + %s
        AND substr(one.data, 1, length(sought.prefix)) = sought.prefix
    ORDER BY one."offset" LIMIT 1
)
"""
ALL_ENTRIES = """
SELECT entry.topic, entry."offset", entry.data
FROM {wanted} JOIN realtime_entry AS entry ON entry.topic = sought.topic
    AND entry."offset" > sought.after AND entry.type {types}
    AND substr(entry.data, 1, length(sought.prefix)) = sought.prefix
"""

PG_REWRITE = """
UPDATE realtime_entry AS entry SET data = new.data
FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS new (topic, "offset", data)
WHERE entry.topic = new.topic AND entry."offset" = new."offset"
"""
LITE_REWRITE = """
UPDATE realtime_entry SET data = new.data
FROM (
    SELECT json_extract(value, '$[0]') AS topic, json_extract(value, '$[1]') AS place,
        json_extract(value, '$[2]') AS data
    FROM json_each(%s)
) AS new
WHERE realtime_entry.topic = new.topic AND realtime_entry."offset" = new.place
"""
