"""One category of the list: own notifications and broadcasts, and how either is found."""

from typing import Any

import pytest
from django.db import connection

from notifications import types
from notifications.sql import inbox
from notifications.sql.inbox import Wanted
from tests.notifications.people import ApiUser, send_to, send_to_all


def test_a_category_lists_its_types_own_and_everyones_the_newest_first(alice: ApiUser) -> None:
    (order,) = send_to(alice.id).ids
    send_to(alice.id, type="BLOG_LIKE")
    (coupon,) = send_to_all(type="COUPON_ISSUED").ids
    send_to_all()
    (paid,) = send_to(alice.id, type="PAYMENT_COMPLETED").ids
    assert alice.ids(category="shopping") == [paid, coupon, order]
    assert alice.ids(category="prism") == []
    first = alice.get(category="shopping", size=2).json()
    assert [row["id"] for row in first["results"]] == [paid, coupon]
    assert [row["id"] for row in alice.client.get(first["next"]).json()["results"]] == [order]


def test_it_goes_together_with_the_other_filters(alice: ApiUser) -> None:
    (order,) = send_to(alice.id).ids
    (paid,) = send_to(alice.id, type="PAYMENT_COMPLETED").ids
    (coupon,) = send_to_all(type="COUPON_ISSUED").ids
    alice.put(f"/{paid}/read")
    assert alice.ids(category="shopping", status="READ") == [paid]
    assert alice.ids(category="shopping", status="UNREAD") == [coupon, order]
    assert alice.ids("/unread", category="shopping") == [coupon, order]
    assert alice.ids(category="shopping", type="COUPON_ISSUED") == [coupon]
    assert alice.ids(category="shopping", type="BLOG_LIKE") == []


def test_a_muted_category_lists_nothing_until_it_is_on_again(alice: ApiUser) -> None:
    (order,) = send_to(alice.id).ids
    (like,) = send_to(alice.id, type="BLOG_LIKE").ids
    alice.put("/preferences", {"shopping": False})
    assert alice.ids(category="shopping") == []
    assert alice.ids(category="shopping", type="ORDER_CREATED") == []
    assert alice.ids(category="blog") == [like]
    alice.put("/preferences", {"shopping": True})
    assert alice.ids(category="shopping") == [order]


def test_an_unknown_category_is_named(alice: ApiUser) -> None:
    answer = alice.get(category="shoping")
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID"
    assert answer.json()["errors"] == {"category": ["Unknown category: shoping"]}


def test_a_deployments_own_category_is_one(alice: ApiUser, settings: Any) -> None:
    settings.BELLWIRE_NOTIFICATION_TYPES = {
        "INVOICE_DUE": {"category": "billing", "title": "Invoice due"}
    }
    (invoice,) = send_to(alice.id, type="INVOICE_DUE").ids
    send_to(alice.id)
    assert alice.ids(category="billing") == [invoice]


@pytest.mark.embedded_only
@pytest.mark.parametrize("read", [None, True, False])
def test_sqlite_reads_each_part_off_its_index_in_order(alice: ApiUser, read: bool | None) -> None:
    wanted = Wanted(alice.id, read, types.within("shopping"), (), "shopping")
    statement, params = inbox.statement(wanted, start=0, stop=21)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", params)
        steps = [row[-1] for row in cursor.fetchall()]
    parts = [step for step in steps if "INDEX notification_" in step]
    assert len(parts) == len(types.within("shopping"))
    assert all("(user_id=? AND type=?)" in step for step in parts), steps
    assert [step for step in steps if "INDEX broadcast_category (category=? AND" in step], steps
    # Only the merged page is sorted: a few rows of each part.
    assert sum("TEMP B-TREE" in step for step in steps) == 1, steps
    assert {step for step in steps if step.startswith("SCAN")} <= {"SCAN part", "SCAN merged"}
