"""Concurrent appends: offsets by the ordered statement, beside the obvious one that deadlocks.

Twenty writers append to the same 1,000 topics at once, each in an order of its own; then twenty
writers to one topic, and to one topic each. docs/decisions/0001 tells what this decides.
"""

import random
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg

from benchmarks.report import Outcome, table
from realtime.log import sql
from tests.support.databases import PostgreSQLMaker, manage
from tests.support.kinds import neutral_environment, postgresql_url

WRITERS = 20
TOPICS = 1_000
# Appends of each writer: to many topics at a time, and to one at a time.
BULKS = 3
SINGLES = 50
DATA = '{"id": 1, "title": "Order received", "message": "%s"}' % ("x" * 120)

UNORDERED = """
WITH moved AS (
    UPDATE realtime_head SET head = realtime_head.head + new.n
    FROM unnest(%s::text[], %s::bigint[]) AS new (topic, n) WHERE realtime_head.topic = new.topic
    RETURNING realtime_head.topic, realtime_head.head
)
INSERT INTO realtime_entry (topic, "offset", type, data, at)
SELECT topic, head, 'x', %s, 0 FROM moved
"""

Append = Callable[[psycopg.Connection[tuple[object, ...]], Sequence[str]], None]


def ordered(connection: psycopg.Connection[tuple[object, ...]], topics: Sequence[str]) -> None:
    """Append one event to each topic, as realtime/log/event_log.py does."""
    names, ones = list(topics), [1] * len(topics)
    zeros, types, texts = [0] * len(topics), ["x"] * len(topics), [DATA] * len(topics)
    connection.execute(sql.PG_APPEND, [names, ones, 0.0, names, zeros, types, texts])


def unordered(connection: psycopg.Connection[tuple[object, ...]], topics: Sequence[str]) -> None:
    """Do the same by UPDATE, which locks the heads in the order in which the plan visits them."""
    connection.execute(UNORDERED, [list(topics), [1] * len(topics), DATA])


def run() -> Outcome:
    """Print both; the target is that no ordered append fails."""
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        maker = PostgreSQLMaker(postgresql_url(ends, folder))
        url = maker.create()
        ends.callback(maker.drop, url)
        manage("migrate", "-v0", env={**neutral_environment(), "DEBUG": "1", "DATABASE_URL": url})
        topics = [f"users/{number}" for number in range(TOPICS)]
        rows, failures = [], {}
        for name, append in (("ordered", ordered), ("unordered", unordered)):
            seconds, failed = _together(url, append, lambda _: topics, BULKS)
            failures[name] = failed
            rows.append([f"{name}: {TOPICS} topics each", f"{seconds:.2f}", f"{failed}", ""])
        for name, chosen in (
            ("ordered: all to one topic", lambda _: ["users/one"]),
            ("ordered: a topic for each", lambda writer: [f"users/of-{writer}"]),
        ):
            seconds, failed = _together(url, ordered, chosen, SINGLES)
            failures["ordered"] += failed
            rate = f"{WRITERS * SINGLES / seconds:,.0f}"
            rows.append([name, f"{seconds:.2f}", f"{failed}", rate])
    print(table([f"{WRITERS} writers at once", "seconds", "failed", "appends/s"], rows), flush=True)
    print("PostgreSQL runs without fsync.", flush=True)
    figures = {"rows": rows, "failed": failures, "writers": WRITERS, "topics": TOPICS}
    return Outcome(held=failures["ordered"] == 0, figures=figures)


def _together(
    url: str, append: Append, topics_of: Callable[[int], Sequence[str]], times: int
) -> tuple[float, int]:
    """Seconds until all are done, and how many appends the database refused."""
    failed: list[psycopg.Error] = []
    ready = threading.Barrier(WRITERS + 1)

    def write(writer: int) -> None:
        shuffled = random.Random(writer)
        with psycopg.connect(url) as connection:
            ready.wait()
            for _ in range(times):
                topics = list(topics_of(writer))
                shuffled.shuffle(topics)
                try:
                    append(connection, topics)
                    connection.commit()
                except psycopg.Error as error:
                    connection.rollback()
                    failed.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    return time.monotonic() - began, len(failed)
