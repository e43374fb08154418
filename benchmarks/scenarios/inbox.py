"""The most frequent queries, for a user with 100 and with 1,000,000 notifications.

The first page (also with a category off), the count, and the cost of one broadcast with few and
with many users, compared in one run. A figure that grows with the number shows a missing index.

Django is set up for the database that the run makes, so its modules are imported in functions.
"""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import Outcome, table
from tests.support.databases import PostgreSQLMaker, manage
from tests.support.kinds import neutral_environment, postgresql_url

SIZES = (100, 10_000, 1_000_000)
USERS = (10, 100_000)
TIMES = 200
# A larger ratio is growth; planning and the cache change a figure by less.
FLAT = 4.0

_FILL = """
INSERT INTO notifications_notification (
    user_id, batch_id, type, title, message, link, reference_id, reference_type,
    data_json, collapse_key, created_at, read_at
)
SELECT %s, %s, CASE WHEN n %% 100 = 0 THEN 'BLOG_LIKE' ELSE 'ORDER_CREATED' END,
    'Order received', repeat('m', 100), '/orders', '', '', '{}', '',
    now() - n * interval '1 s', CASE WHEN n %% 3 = 0 THEN now() END
FROM generate_series(1, %s) AS n
"""


def run() -> Outcome:
    """Print all; the target is that nothing grows by more than `FLAT` from smallest to largest."""
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        maker = PostgreSQLMaker(postgresql_url(ends, folder))
        url = maker.create()
        ends.callback(maker.drop, url)
        environment = {**neutral_environment(), "DEBUG": "1", "DATABASE_URL": url}
        manage("migrate", "-v0", env=environment)
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="config.settings")
        import django

        django.setup()
        rows = _lists() + _broadcasts()
        from django.db import connections

        connections.close_all()
    print(table(["milliseconds, medians of 200", "least", "", "most", "growth"], rows), flush=True)
    print(f"Lists and counts of users with {SIZES}; broadcasts among {USERS} users.", flush=True)
    growth = {row[0]: float(row[-1]) for row in rows}
    return Outcome(held=max(growth.values()) <= FLAT, figures={"rows": rows, "growth": growth})


def _lists() -> list[list[str]]:
    from accounts.models import User
    from notifications import payload, selectors, services
    from notifications.inbox import Inbox
    from notifications.models import Status

    heavy: list[int] = [_user_with(size, f"user-{size}").pk for size in SIZES]
    _run("ANALYZE")
    for user_id in heavy:
        services.recount(user_id=user_id)

    def page(user_id: int, **filters: Any) -> None:
        for row in Inbox(user_id, **filters)[:21]:
            payload.notification(row)

    wanted: dict[str, Callable[[int], object]] = {
        "first page": page,
        "first page, unread": lambda user: page(user, status=Status.UNREAD),
        "first page, one rare type": lambda user: page(user, type_name="BLOG_LIKE"),
        "first page, one rare category": lambda user: page(user, category="blog"),
        "count": selectors.unread,
    }
    rows = [_row(name, [_timed(work, user) for user in heavy]) for name, work in wanted.items()]
    for user_id in heavy:
        services.set_preferences(user_id=user_id, wanted={"shopping": False})
    name = "first page, without the category of 99 in 100"
    rows.append(_row(name, [_timed(page, user) for user in heavy]))
    assert User.objects.count() == len(SIZES)
    return rows


def _broadcasts() -> list[list[str]]:
    from accounts.models import User
    from notifications import services
    from notifications.services import Content

    def send() -> None:
        services.broadcast(
            sender="service:orders", content=Content(type="announcement", message="We move")
        )

    found = []
    for size in USERS:
        missing = size - User.objects.count()
        User.objects.bulk_create(
            [User(username=f"{size}-{n}") for n in range(max(0, missing))], batch_size=5_000
        )
        _run("ANALYZE")
        found.append(_timed(send))
    return [_row("one broadcast", found)]


def _user_with(size: int, name: str) -> Any:
    from django.utils import timezone

    from accounts.models import User
    from notifications.models import Batch

    user = User.objects.create(username=name)
    batch = Batch.objects.create(sender="service:orders", created_at=timezone.now(), count=size)
    _run(_FILL, [user.pk, batch.pk, size])
    return user


def _run(statement: str, params: list[Any] | None = None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def _timed(work: Callable[..., object], *given: object) -> float:
    """Return the median in milliseconds."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work(*given)
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


def _row(name: str, figures: list[float]) -> list[str]:
    shown = [f"{figure:.2f}" for figure in figures]
    middle = shown[1] if len(shown) > 2 else ""
    return [name, shown[0], middle, shown[-1], f"{figures[-1] / figures[0]:.2f}"]
