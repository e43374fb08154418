"""What is asked all the time stays cheap, however many notifications a user has."""

import orjson
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from notifications import selectors
from notifications.models import Batch, Notification, Status, UnreadCounter
from tests.notifications.people import some_users

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


def touched(rows: QuerySet[Notification]) -> tuple[int, set[str]]:
    """How many rows the plan visited, and by which kinds of scan."""
    plan = orjson.loads(rows.explain(analyze=True, format="json"))[0]["Plan"]
    visited, kinds, pending = 0, set(), [plan]
    while pending:
        node = pending.pop()
        pending.extend(node.get("Plans", []))
        if node["Node Type"].endswith("Scan"):
            kinds.add(node["Node Type"])
            visited += node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return visited, kinds


@pytest.mark.parametrize("status", [None, Status.UNREAD, Status.READ])
@pytest.mark.parametrize("type_name", [None, "BLOG_LIKE", "ORDER_CREATED"])
def test_a_first_page_is_read_off_an_index(
    heavy_user: int, status: Status | None, type_name: str | None
) -> None:
    page = selectors.inbox(heavy_user, status=status, type_name=type_name)[:PAGE]
    visited, kinds = touched(page)
    assert kinds <= {"Index Scan", "Index Only Scan"}, kinds
    assert visited <= PAGE


def test_the_count_is_one_row(heavy_user: int) -> None:
    assert selectors.unread(heavy_user).count == ROWS // 10


def test_what_a_newer_one_replaces_is_found_by_index(heavy_user: int) -> None:
    rows = Notification.objects.filter(user=heavy_user, deleted_at=None, read_at=None)
    visited, kinds = touched(rows.filter(collapse_key="like:7"))
    assert kinds <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan"}
    assert visited <= PAGE
