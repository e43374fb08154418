"""The log: append inside the caller's transaction, replay after a position, trim.

Offsets are taken from the topics' heads in one statement that locks the heads in name order. So
offsets have no gaps and follow commit order, which an auto-increment id does not guarantee: 11 can
commit before 10, and a reader that has seen 11 never goes back. docs/decisions/0001 has the
figures.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, transaction

from realtime.conf import conf
from realtime.log import sql
from realtime.models import Entry, Epoch, new_epoch_text
from realtime.protocol.messages import (
    Event,
    Position,
    Publication,
    Topic,
)

# No head reaches this offset: an `after` of this value reads the head alone.
_HEAD_ONLY = 2**63 - 1
# Topics per transaction, so that no trimming transaction is long.
_TRIM_TOPICS = 500


def append(events: Sequence[Event]) -> list[Publication]:
    """Give each event its topic's next offset, in the order given. Needs an open transaction.

    The topics' heads stay locked until the caller commits: append last, and commit at once.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("append() expected an open transaction, got autocommit")
    at = time.time()
    counts = Counter(event.topic for event in events)
    left = dict(counts)
    backs: list[int] = []  # the distance of each event from its topic's new head
    for event in events:
        left[event.topic] -= 1
        backs.append(left[event.topic])
    heads, epoch = _write(events, counts, backs, at)
    return [
        Publication(event.topic, epoch, heads[event.topic] - back, event.type, event.data, at)
        for event, back in zip(events, backs, strict=True)
    ]


def _write(
    events: Sequence[Event], counts: Mapping[Topic, int], backs: Sequence[int], at: float
) -> tuple[dict[str, int], str]:
    topics = [event.topic for event in events]
    types = [event.type for event in events]
    texts = [event.data.decode() for event in events]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                sql.PG_APPEND,
                [list(counts), list(counts.values()), at, topics, list(backs), types, texts],
            )
            rows = cursor.fetchall()
            return {topic: head for topic, head, _ in rows}, rows[0][2]
        cursor.execute(sql.LITE_HEADS, [orjson.dumps(list(counts.items())).decode()])
        heads: dict[str, int] = dict(cursor.fetchall())
        offsets = [heads[topic] - back for topic, back in zip(topics, backs, strict=True)]
        entries = list(zip(topics, offsets, types, texts, strict=True))
        cursor.execute(sql.LITE_ENTRIES, [at, orjson.dumps(entries).decode()])
    return heads, current_epoch()


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of reading one topic at one moment.

    `recovered` is False if the log cannot replay everything after the requested position;
    `publications` is then empty, never partial.
    """

    head: Position
    recovered: bool
    publications: Sequence[Publication]


def read(wants: Mapping[Topic, Position | None]) -> tuple[str, dict[Topic, Replay]]:
    """Return the epoch and, for each topic, the head and the events after the wanted position.

    Runs one statement, so that head and publications are consistent.
    """
    keep = conf().log_keep_events
    names = list(wants)
    afters = [
        _HEAD_ONLY if position is None else min(position.offset, _HEAD_ONLY)
        for position in wants.values()
    ]
    epoch = ""
    found: dict[str, tuple[int, list[tuple[int, str, str, float]]]] = {}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(sql.PG_READ, [names, afters, keep, keep])
        else:
            pairs = orjson.dumps(list(zip(names, afters, strict=True))).decode()
            cursor.execute(sql.LITE_READ, [pairs, keep, keep])
        for row_epoch, topic, head, offset, kind, data, at in cursor.fetchall():
            epoch = row_epoch
            entries = found.setdefault(topic, (head, []))[1]
            if offset is not None:
                entries.append((offset, kind, data, at))
    return epoch, {
        topic: _replay(topic, epoch, *found[topic], position, keep)
        for topic, position in wants.items()
    }


def _replay(
    topic: Topic,
    epoch: str,
    head: int,
    entries: list[tuple[int, str, str, float]],
    after: Position | None,
    keep: int,
) -> Replay:
    here = Position(epoch, head)
    if after is None:
        return Replay(here, True, ())
    if after.epoch not in (None, epoch) or not max(head - keep, 0) <= after.offset <= head:
        return Replay(here, False, ())
    publications = [
        Publication(topic, epoch, offset, kind, data.encode(), at)
        for offset, kind, data, at in sorted(entries)
    ]
    # Another process may have trimmed with a smaller `keep` than this process has.
    whole = len(publications) == head - after.offset
    return Replay(here, whole, publications if whole else ())


def heads(topics: Collection[Topic]) -> tuple[str, dict[Topic, int]]:
    """Return the epoch and the heads of those of `topics` that have ever been written to."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(sql.PG_HEADS, [list(topics)])
        else:
            cursor.execute(sql.LITE_HEADS_OF, [orjson.dumps(list(topics)).decode()])
        rows: Iterable[tuple[str, str | None, int | None]] = cursor.fetchall()
    epoch = ""
    found: dict[Topic, int] = {}
    for row_epoch, topic, head in rows:
        epoch = row_epoch
        if topic is not None and head is not None:
            found[Topic(topic)] = head
    return epoch, found


def next_entry(topic: Topic, after: int, event_type: str | None = None) -> Entry | None:
    """Return the first event after an offset (of one type) that is still in the log."""
    rows = Entry.objects.filter(topic=topic, offset__gt=after)
    if event_type is not None:
        rows = rows.filter(type=event_type)
    return rows.order_by("offset").first()


def current_epoch() -> str:
    """Return the deployment's epoch."""
    return Epoch.objects.values_list("epoch", flat=True).get(id=1)


def begin_epoch() -> str:
    """Start a new epoch: no position that was handed out before can be resumed."""
    epoch = new_epoch_text()
    Epoch.objects.update_or_create(id=1, defaults={"epoch": epoch})
    return epoch


def erase(topic: Topic) -> None:
    """Delete all events of a topic's log; its head stays. Needs an open transaction.

    The deleted events can no longer be replayed. This locks the head: as with any append, do it
    last in the transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.ERASED, [topic])
        cursor.execute(sql.ERASE, [topic])


def redact(
    topics: Collection[Topic],
    *,
    types: Collection[str],
    about: tuple[str, int | str],
    change: Callable[[dict[str, Any]], Mapping[str, Any] | None],
    since: int = 0,
) -> int:
    """Replace the data of logged events; return the number of changed events.

    Considers events of these `types`, from the offset `since` on, whose data contains the key
    `about[0]` with the value `about[1]` at any depth. `change` gets the data and returns the new
    data, or None to leave the event alone. Offsets, types and times stay, so positions remain
    valid; replays after the commit return the new data.

    Needs an open transaction, and a lock of the caller's that keeps such events from being appended
    or redacted meanwhile. Events published in this unit of work are not in the log yet. Call it
    before the append: rows are locked before heads, in the same order as trimming does.
    """
    rows = Entry.objects.filter(
        topic__in=topics,
        offset__gte=since,
        type__in=types,
        data__contains=orjson.dumps(dict([about]))[1:-1].decode(),
    )
    changed = []
    for entry in rows.order_by("topic", "offset"):
        data = change(orjson.loads(entry.data))
        if data is not None:
            entry.data = orjson.dumps(data).decode()
            changed.append(entry)
    Entry.objects.bulk_update(changed, ["data"])
    return len(changed)


def trim() -> int:
    """Delete events that can no longer be replayed; return the number of shortened topics.

    Safe to run in every instance at the same time: trimming twice deletes nothing more.
    """
    keep = conf().log_keep_events
    # Trim in strides; otherwise a busy topic would cost one statement per event.
    stride = max(keep // 5, 1)
    shortened = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            postgresql = connection.vendor == "postgresql"
            if postgresql:
                cursor.execute(sql.PG_TRIM_LOCK)
                if not cursor.fetchone()[0]:
                    return shortened
            cursor.execute(sql.TRIMMABLE, [keep, stride, _TRIM_TOPICS])
            floors = [(topic, head - keep) for topic, head in cursor.fetchall()]
            if not floors:
                return shortened
            if postgresql:
                names, bounds = (list(column) for column in zip(*floors, strict=True))
                cursor.execute(sql.PG_TRIM, [names, bounds])
                cursor.execute(sql.PG_TRIMMED, [names, bounds])
            else:
                cursor.executemany(sql.LITE_TRIM, floors)
                cursor.execute(sql.LITE_TRIMMED, [orjson.dumps(floors).decode()])
        shortened += len(floors)
