"""What is asked all the time stays cheap, however many notifications a user has."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import orjson
import pytest
from django.db import connection
from django.utils import timezone

from notifications import limits, selectors, services, types
from notifications.models import Batch, Broadcast, Notification, UnreadCounter
from notifications.sql import counters, inbox
from notifications.sql.inbox import Wanted
from tests.notifications.people import send_to_all, some_users

pytestmark = [pytest.mark.full_only, pytest.mark.django_db]
ROWS = 100_000
PAGE = 21


@pytest.fixture
def heavy_user() -> int:
    """Somebody with very many; a tenth is deleted, a tenth unread, no like among the unread."""
    user, other = some_users(2)
    batch = Batch.objects.create(sender="service:orders", created_at=timezone.now(), count=ROWS)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO notifications_notification (
                user_id, batch_id, type, title, message, link, reference_id, reference_type,
                data_json, collapse_key, created_at, read_at, deleted_at
            )
            SELECT CASE WHEN n %% 5 = 0 THEN %s ELSE %s END, %s,
                   CASE WHEN n %% 50 = 1 THEN 'BLOG_LIKE' ELSE 'ORDER_CREATED' END,
                   't', 'm', '', '', '', '{}', '', now() + n * interval '1 ms',
                   CASE WHEN n %% 10 <> 2 THEN now() END, CASE WHEN n %% 10 = 3 THEN now() END
            FROM generate_series(1, %s) AS n
            """,
            [other.pk, user.pk, batch.pk, ROWS],
        )
        cursor.execute("ANALYZE notifications_notification")
    UnreadCounter.objects.create(user=user, unread=ROWS // 10, version=ROWS)
    return user.pk


def touched(
    statement: str, params: Sequence[Any], *, table: str = "notification"
) -> tuple[int, set[str]]:
    """How many of its rows the plan visited, and by which kinds of scan."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", params)
        (found,) = cursor.fetchone()
    plan = (orjson.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    visited, kinds, pending = 0, set(), [plan]
    while pending:
        node = pending.pop()
        pending.extend(node.get("Plans", []))
        by_index = node.get("Index Name", "").startswith(f"{table}_")
        if node.get("Relation Name") == f"notifications_{table}" or by_index:
            kinds.add(node["Node Type"])
            rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            visited += rows * node["Actual Loops"]
    return visited, kinds


def many_announcements() -> None:
    """Five thousand broadcasts, of which nobody has done anything with any."""
    first = Notification.objects.get(pk=send_to_all().ids[0])
    rows = Notification.objects.bulk_create(
        Notification(
            batch_id=first.batch_id, type=first.type, message="m", created_at=first.created_at
        )
        for _ in range(5_000)
    )
    Broadcast.objects.bulk_create(
        Broadcast(notification=row, category="system", created_at=row.created_at, sent=2)
        for row in rows
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_broadcast")


def test_a_first_page_is_read_off_an_index(heavy_user: int, subtests: pytest.Subtests) -> None:
    # A hundred thousand rows take seconds: they are made once for all that is looked at.
    for read, name in product([None, True, False], [None, "BLOG_LIKE", "ORDER_CREATED"]):
        with subtests.test("of a type", read=read, type=name):
            is_read_off_an_index(Wanted(heavy_user, read, [name] if name else None, ()))
    for muted in ("shopping", "blog"):
        with subtests.test("walks through none of what is muted", muted=muted):
            is_read_off_an_index(Wanted(heavy_user, None, types.listed([muted]), [muted]))
    for read, name in product([None, True, False], ["shopping", "blog", "prism"]):
        with subtests.test("of a category walks through none of the others", read=read, of=name):
            is_read_off_an_index(Wanted(heavy_user, read, types.within(name), (), name))


def is_read_off_an_index(wanted: Wanted) -> None:
    ids = inbox.page_of_ids(wanted, start=0, stop=PAGE)
    rows = Notification.objects.in_bulk(ids)
    for place in (None, *[(rows[row_id].created_at, row_id) for row_id in ids[10:11]]):
        page_is_read_off_an_index(replace(wanted, after=place))


def page_is_read_off_an_index(wanted: Wanted) -> None:
    visited, kinds = touched(*inbox.statement(wanted, start=0, stop=PAGE))
    assert kinds <= {"Index Scan", "Index Only Scan"}, kinds
    # The row at the cursor may be looked at as well.
    assert visited <= PAGE + (wanted.after is not None)


def test_a_category_with_one_old_broadcast_walks_through_none_of_the_others(
    heavy_user: int,
) -> None:
    [old] = send_to_all(type="PRISM_TASK_FAILED").ids
    many_announcements()
    wanted = Wanted(heavy_user, None, types.within("prism"), (), "prism")
    assert inbox.page_of_ids(wanted, start=0, stop=PAGE) == [old]
    statement = inbox.statement(wanted, start=0, stop=PAGE)
    visited, kinds = touched(*statement, table="broadcast")
    assert kinds <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan"}
    assert visited <= PAGE


def test_the_count_looks_at_no_notification(heavy_user: int) -> None:
    assert selectors.unread(heavy_user).count == ROWS // 10
    visited, _ = touched(counters.PG_UNREAD, [[heavy_user]])
    assert visited == 0


def test_a_count_looks_at_no_more_broadcasts_than_came_since_it_was_settled(db: None) -> None:
    [user] = some_users(1)
    for n in range(limits.UNSETTLED):
        send_to_all(message=str(n))
    assert services.unread(user.pk).unsettled == limits.UNSETTLED
    send_to_all()
    unread = services.unread(user.pk)
    assert (unread.count, unread.unsettled) == (limits.UNSETTLED + 1, 0)
    send_to_all()
    assert services.unread(user.pk).count == limits.UNSETTLED + 2


def test_what_a_newer_one_replaces_is_found_by_index(heavy_user: int) -> None:
    rows = Notification.objects.filter(user=heavy_user, deleted_at=None, read_at=None)
    found = rows.filter(collapse_key="like:7")
    visited, kinds = touched(*found.query.sql_with_params())
    assert kinds <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan"}
    assert visited <= PAGE
