"""A send visits as many rows as it has recipients, even where the planner takes tables for empty.

A vacuum that ran while a table was empty, or while its rows were not committed yet, leaves it with
pages and without rows: the planner then expects one row, whatever has been written since, and may
choose plans that visit each row once for each recipient.
"""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest
from django.db import connection

from notifications import services
from notifications.models import Batch, MutedCategory
from tests.notifications.people import send_to, send_to_all, some_users, unread

pytestmark = [pytest.mark.full_only, pytest.mark.django_db(transaction=True)]
# With fewer the tables are so small that reading them whole for each row is cheap, and is chosen.
RECIPIENTS = 3_000
# Rows that the steps of a statement's plan may return and discard together, for each recipient. The
# append to the log has the most, 13; each row for each recipient would be 3,000.
VISITS = 40
# In the order in which they can be emptied.
EMPTIED = (
    "realtime_entry",
    "realtime_head",
    "notifications_receipt",
    "notifications_mutedcategory",
    "notifications_unreadcounter",
    "notifications_broadcast",
    "notifications_notification",
    "accounts_user",
)


class Explaining:
    """An execute wrapper that notes how many rows each statement visits.

    A statement is explained in a savepoint that is rolled back, and is then run.
    """

    def __init__(self) -> None:
        self.visits: dict[str, int] = {}

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Sequence[Any] | None,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        if sql.split(maxsplit=1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
            psycopg = context["connection"].connection
            with psycopg.transaction(force_rollback=True), psycopg.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                (found,) = cursor.fetchone()
            [explained] = orjson.loads(found) if isinstance(found, str) else found
            visits = rows_visited(explained["Plan"])
            self.visits[sql] = max(visits, self.visits.get(sql, 0))
        return execute(sql, params, many, context)


def rows_visited(node: dict[str, Any]) -> int:
    """The rows that a plan's steps return or discard."""
    discarded = [count for name, count in node.items() if name.startswith("Rows Removed by")]
    own = (node["Actual Rows"] + sum(discarded)) * node["Actual Loops"]
    return int(own) + sum(map(rows_visited, node.get("Plans", ())))


def emptied_and_vacuumed(tables: Sequence[str]) -> None:
    """Fill the tables, empty them, and vacuum without giving the pages back, as under load."""
    users = [user.pk for user in some_users(RECIPIENTS)]
    [sent] = send_to_all().ids
    send_to(*users)
    MutedCategory.objects.bulk_create(MutedCategory(user_id=user, category="x") for user in users)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_receipt (user_id, notification_id, read_at)"
            " SELECT id, %s, now() FROM accounts_user",
            [sent],
        )
        for table in EMPTIED:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608
        for table in tables:
            cursor.execute(f"VACUUM (TRUNCATE FALSE) {table}")
            cursor.execute("SELECT relpages, reltuples FROM pg_class WHERE relname = %s", [table])
            (pages, rows) = cursor.fetchone()
            assert pages > 0
            assert rows == 0


@pytest.mark.parametrize(
    ("tables", "muting"),
    [
        pytest.param(EMPTIED, RECIPIENTS // 2, id="all"),
        # As of a deployment in which nobody has muted anything yet.
        pytest.param(["notifications_unreadcounter"], 0, id="counters"),
    ],
)
def test_send_after_vacuum_visits_no_row_for_each_recipient(
    tables: Sequence[str], muting: int
) -> None:
    emptied_and_vacuumed(tables)
    users = [user.pk for user in some_users(RECIPIENTS, "later")]
    MutedCategory.objects.bulk_create(
        MutedCategory(user_id=user, category="blog") for user in users[:muting]
    )
    explaining = Explaining()
    with connection.execute_wrapper(explaining):
        answer = send_to(*users, collapse_key="replaced")
        send_to(*users, collapse_key="replaced")
        send_to(*users, type="BLOG_LIKE")
        services.revoke(sender="service:orders", batch_id=Batch.objects.get(pk=answer.batch_id).pk)
        send_to_all()
        services.unread_of(users)
        services.settle(users)
    assert [unread(user) for user in (users[0], users[-1])] == [2 if muting else 3, 3]
    most = VISITS * RECIPIENTS
    assert {sql: count for sql, count in explaining.visits.items() if count > most} == {}
    assert any("UPDATE notifications_unreadcounter" in sql for sql in explaining.visits)
