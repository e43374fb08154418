"""The admin's lists stay cheap, however many notifications there are of everybody."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from notifications.admin.listing import PER_PAGE
from notifications.models import Batch, Notification
from notifications.sql.days import _PG_DAYS
from tests.notifications.people import some_users
from tests.notifications.test_plans import touched

pytestmark = [pytest.mark.full_only, pytest.mark.django_db]
ROWS = 100_000
USERS = 100
BATCHES = 50
MINUTES_APART = 1


@pytest.fixture
def very_many(db: None) -> Batch:
    """Over seventy days, of a hundred users; few are likes, few deleted. A batch of the middle."""
    users = some_users(USERS)
    batches = Batch.objects.bulk_create(
        Batch(sender=f"service:{n % 5}", created_at=timezone.now(), count=ROWS // BATCHES)
        for n in range(BATCHES)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO notifications_notification (
                user_id, batch_id, type, title, message, link, reference_id, reference_type,
                data_json, collapse_key, created_at, read_at, deleted_at
            )
            SELECT %s + n %% %s, (%s::uuid[])[1 + n / %s],
                   CASE WHEN n %% 1000 = 1 THEN 'BLOG_LIKE' ELSE 'ORDER_CREATED' END,
                   't', 'm', '', '', '', '{}', '', now() - n * interval '1 minute',
                   CASE WHEN n %% 3 = 0 THEN now() END, CASE WHEN n %% 1000 = 2 THEN now() END
            FROM generate_series(0, %s) AS n
            """,
            [users[0].pk, USERS, [one.pk for one in batches], ROWS // BATCHES, ROWS - 1],
        )
        cursor.execute("ANALYZE notifications_notification")
        cursor.execute("ANALYZE notifications_batch")
    return batches[BATCHES // 2]


def visited(query: dict[str, Any]) -> int:
    """How many rows the first page of the admin's list takes, and its paginator."""
    desk = site.get_model_admin(Notification)
    request = RequestFactory().get("/", query)
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    rows = desk.get_changelist_instance(request).queryset
    count, kinds = touched(*rows[: PER_PAGE + 1].query.sql_with_params())
    assert "Seq Scan" not in kinds, (query, kinds)
    return count


# What the first page of each may take; twice as much is let pass.
QUERIES: list[tuple[dict[str, str], int]] = [
    ({}, PER_PAGE + 1),
    ({"type": "BLOG_LIKE"}, PER_PAGE + 1),
    ({"status": "deleted"}, PER_PAGE + 1),
    ({"status": "unread"}, 2 * PER_PAGE),
    ({"status": "read"}, 4 * PER_PAGE),
    # The index of what is deleted, or of the type, each a thousandth of all.
    ({"status": "deleted", "type": "ORDER_CREATED"}, 2 * PER_PAGE),
    # One user's: all of them and sorted, or found among everybody's newest until the page is
    # full. Which of the two costs less is so close that the statistics' sample decides.
    ({"user": "user-7"}, PER_PAGE * USERS),
    ({"user": "user-7", "status": "read"}, 3 * PER_PAGE * USERS),
    ({"q": "user-7"}, 12 * ROWS // USERS),
]


def test_a_page_a_batch_and_a_day_are_read_off_an_index(
    very_many: Batch, subtests: pytest.Subtests
) -> None:
    # A hundred thousand rows take seconds: they are made once for all that is looked at.
    for query, most in QUERIES:
        with subtests.test("a page", **query):
            assert visited(query) <= 2 * most
    with subtests.test("a batch"):
        assert visited({"batch": str(very_many.pk)}) <= 3 * ROWS // BATCHES
        assert visited({"q": str(very_many.pk)}) <= 3 * ROWS // BATCHES
    with subtests.test("a day"):
        day = f"{timezone.now() - timedelta(days=40):%Y-%m-%d}"
        assert visited({"day": day}) <= 24 * 60 + PER_PAGE
    with subtests.test("the charts read their days alone"):
        since = timezone.now() - timedelta(days=1)
        count, kinds = touched(_PG_DAYS, [since, 1_000_000])
        assert "Seq Scan" not in kinds
        assert count <= 3 * 24 * 60
