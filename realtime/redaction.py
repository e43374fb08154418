"""Redaction of single events in many topics: one statement finds them, one rewrites them.

`event_log.redact` searches the logs of a few topics. Here each topic has one event, identified by
the beginning of its data and an offset shortly before it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.db import connection

from realtime import publishing
from realtime.log import sql
from realtime.protocol.messages import Event, Topic

Change = Callable[[dict[str, Any]], Mapping[str, Any]]
# How many events of one topic may be appended between the read of its head in a transaction and
# that transaction's own append: other transactions publish to it while this one waits for locks.
NEAR = 1_000


@dataclass(frozen=True, slots=True)
class Sought:
    """An event of `topic` after the offset `after`, whose JSON data begins with `prefix`."""

    topic: Topic
    after: int
    prefix: str


def redact_first(sought: Sequence[Sought], *, event_type: str, change: Change) -> int:
    """Replace the data of the first such event of each topic, at most `NEAR` after `after`.

    `change` gets the data and returns its replacement. Offsets, types and times stay. Events
    published in this unit of work are found as well.

    Needs an open unit of work, and a lock of the caller's that keeps such events from being
    appended or redacted meanwhile. Returns how many were found.
    """
    return _redact(sought, {event_type}, change, sql.FIRST_ENTRIES)


def redact_all(sought: Sequence[Sought], *, types: Collection[str], change: Change) -> int:
    """The same for all such events of these types, at any distance after `after`."""
    return _redact(sought, types, change, sql.ALL_ENTRIES)


def _redact(
    sought: Sequence[Sought], types: Collection[str], change: Change, statement: str
) -> int:
    if not sought:
        return 0
    found = _find(sought, types, statement)
    if found:
        _rewrite([(topic, offset, _changed(data, change)) for topic, offset, data in found])
    return len(found) + _redact_collected(sought, types, change)


def _find(
    sought: Sequence[Sought], types: Collection[str], statement: str
) -> list[tuple[str, int, str]]:
    rows = [(one.topic, one.after, one.prefix) for one in sought]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Rows locked by others are being trimmed, and can no longer be replayed.
            asked = statement.format(wanted=sql.PG_SOUGHT, types="= ANY(%s::text[])")
            locking = " FOR UPDATE OF entry SKIP LOCKED"
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(asked + locking, [*columns, list(types), *_near(statement)])
        else:
            among = "IN (SELECT value FROM json_each(%s))"
            asked = statement.format(wanted=sql.LITE_SOUGHT, types=among)
            listed = orjson.dumps(list(types)).decode()
            cursor.execute(asked, [orjson.dumps(rows).decode(), listed, *_near(statement)])
        return sorted(cursor.fetchall())


def _near(statement: str) -> list[int]:
    return [NEAR] if statement is sql.FIRST_ENTRIES else []


def _rewrite(rows: Sequence[tuple[str, int, str]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(sql.PG_REWRITE, [list(column) for column in zip(*rows, strict=True)])
        else:
            cursor.execute(sql.LITE_REWRITE, [orjson.dumps(rows).decode()])


def _redact_collected(sought: Sequence[Sought], types: Collection[str], change: Change) -> int:
    """The same for events that the open unit of work has not appended yet."""
    prefixes = {(one.topic, one.prefix) for one in sought}
    lengths = {len(one.prefix) for one in sought}

    def changed(event: Event) -> Event | None:
        begins = (event.data[:length].decode(errors="replace") for length in lengths)
        if event.type not in types or not any((event.topic, text) in prefixes for text in begins):
            return None
        return replace(event, data=_changed(event.data, change).encode())

    return publishing.revise_collected(changed)


def _changed(data: str | bytes, change: Change) -> str:
    return orjson.dumps(change(orjson.loads(data))).decode()
