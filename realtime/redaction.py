"""Redacting single events in many topics at once: one statement finds them, one rewrites them.

`log.redact` looks through the logs of a few topics. Here each topic holds one event that is known
by how its data begins, and by an offset that it stands closely behind.
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
# How many events of one topic may come between the reading of its head in a transaction and that
# transaction's own append: others publish to it while the transaction waits for its locks.
NEAR = 1_000


@dataclass(frozen=True, slots=True)
class Sought:
    """An event of `topic` behind the offset `after`, whose data is JSON text that begins so."""

    topic: Topic
    after: int
    prefix: str


def redact_first(sought: Sequence[Sought], *, event_type: str, change: Change) -> int:
    """Give the first such event of each topic, at most `NEAR` behind `after`, other data.

    `change` is given the data and returns what takes its place. Offsets, types and times stay. An
    event that this unit of work has published itself is found as well.

    Needs an open unit of work, and a lock of the caller's that keeps such events from being
    appended or redacted meanwhile. Returns how many were found.
    """
    return _redact(sought, {event_type}, change, sql.FIRST_ENTRIES)


def redact_all(sought: Sequence[Sought], *, types: Collection[str], change: Change) -> int:
    """The same for all such events of these types, however far behind `after` they stand."""
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
            # What is locked is being trimmed: nobody can be replayed it any more.
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
    """The same for what the open unit of work has yet to append."""
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
