"""The charts: right numbers, in marks and in a table, by one statement, with nothing inline."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import services, statistics
from notifications.admin.drawing import bars, columns, round_up
from notifications.models import Notification
from notifications.statistics import Amount
from tests.notifications.admin.desk import BATCHES, CHARTS, NOTIFICATIONS, SEND, text
from tests.notifications.people import ApiUser, send_to, send_to_all

NOW = datetime(2026, 5, 31, 23, 59, tzinfo=UTC)
TODAY = date(2026, 5, 31)


def sent_at(when: datetime, *users: int, **content: str) -> int:
    """Sent then; the id of the first."""
    sent = send_to(*users, **content) if users else send_to_all(**content)
    Notification.objects.filter(pk__in=sent.ids).update(created_at=when)
    return sent.ids[0]


def test_types_and_days_are_added_up(alice: ApiUser, bob: ApiUser) -> None:
    first = sent_at(NOW, alice.id, bob.id)
    sent_at(NOW - timedelta(days=1), alice.id, type="BLOG_LIKE")
    sent_at(NOW - timedelta(days=29, hours=23, minutes=59), alice.id)
    sent_at(NOW - timedelta(days=30), alice.id)  # the day before the first
    everyones = sent_at(NOW)
    services.mark_read(user_id=alice.id, notification_id=first)
    services.mark_read(user_id=alice.id, notification_id=everyones)

    found = statistics.statistics(now=NOW)

    assert found.whole
    assert dict(found.types) == {
        "ORDER_CREATED": Amount(3, 3, 1),
        "announcement": Amount(1, 0, 0),
        "BLOG_LIKE": Amount(1, 1, 0),
    }
    assert found.types[0][0] == "ORDER_CREATED"
    days = dict(found.days)
    assert list(days) == [TODAY - timedelta(days=n) for n in reversed(range(30))]
    assert days[TODAY] == Amount(3, 2, 1)
    assert days[TODAY].rate == 0.5
    assert days[TODAY - timedelta(days=1)] == Amount(1, 1, 0)
    assert days[TODAY - timedelta(days=29)] == Amount(1, 1, 0)
    assert days[TODAY - timedelta(days=2)].rate is None
    of_one = dict(statistics.statistics(now=NOW, type_name="BLOG_LIKE").days)
    assert sum(amount.sent for amount in of_one.values()) == 1


def test_no_more_than_the_newest_are_looked_at(
    alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "MOST", 2)
    for days in range(3):
        sent_at(NOW - timedelta(days=days), alice.id)
    found = statistics.statistics(now=NOW)
    assert not found.whole
    assert [amount.sent for _, amount in found.days[-3:]] == [0, 1, 1]


def test_the_page_asks_once_however_much_there_is(desk: Client, alice: ApiUser) -> None:
    for _ in range(3):
        send_to(alice.id)
        send_to(alice.id, type="BLOG_LIKE")
    with CaptureQueriesContext(connection) as asked:
        shown = text(desk, CHARTS)
    of_notifications = [each for each in asked if "notifications_notification" in each["sql"]]
    assert len(of_notifications) == 1
    # The marks' words, and the table of the same numbers.
    assert "<title>BLOG_LIKE: 3 sent, 0% read</title>" in shown
    assert f"<title>{timezone.now():%Y-%m-%d}: 6 sent</title>" in shown
    assert re.search(
        r'<th scope="row">BLOG_LIKE</th><td>3</td><td>3</td><td>0</td><td>0 %</td>', shown
    )
    assert shown.count("<caption") >= 2


def test_one_types_days_can_be_chosen(desk: Client, alice: ApiUser) -> None:
    send_to(alice.id)
    send_to(alice.id, type="BLOG_LIKE")
    shown = text(desk, CHARTS, type="BLOG_LIKE")
    assert f"<title>{timezone.now():%Y-%m-%d}: 1 sent</title>" in shown
    assert "Sent per day: BLOG_LIKE" in shown
    assert "&lt;x&gt;" in text(desk, CHARTS, type="<x>")


def test_nothing_at_all_is_a_page_too(desk: Client) -> None:
    assert "Nothing was sent." in text(desk, CHARTS)


@pytest.mark.parametrize("path", [CHARTS, SEND, NOTIFICATIONS, BATCHES])
def test_a_strict_policy_finds_nothing_inline(desk: Client, alice: ApiUser, path: str) -> None:
    send_to(alice.id)
    shown = text(desk, path)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", shown)
    for script in re.findall(r"<script[^>]*>", shown):
        assert "src=" in script or 'type="application/json"' in script


@pytest.mark.parametrize("path", [CHARTS, SEND])
def test_our_own_pages_have_that_policy(desk: Client, path: str) -> None:
    policy = desk.get(path).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


# --- where the marks stand ---


def test_the_longest_bar_has_all_the_room_and_none_is_invisible() -> None:
    drawn = bars([("a", 1_000, "", "", False), ("b", 500, "", "", True), ("c", 0, "", "", False)])
    longest, half, nothing = drawn.bars
    assert longest.width == pytest.approx(2 * half.width)
    assert nothing.width == 1
    assert longest.number == "1,000"
    assert longest.number_x < drawn.width
    assert longest.y + longest.height < half.y


def test_columns_stand_on_the_floor_and_reach_their_value() -> None:
    rows = [(TODAY, 0.5, "x"), (TODAY, 1.0, "y"), (TODAY, None, "z")]
    drawn = columns(rows, most=1, texts=["0", "1"])
    floor, top = drawn.grid[0].y, drawn.grid[1].y
    half, whole, nothing = drawn.bars
    for bar in drawn.bars:
        assert bar.y + bar.height == pytest.approx(floor)
    assert whole.y == pytest.approx(top)
    assert half.height == pytest.approx(whole.height / 2)
    assert nothing.height == 0
    assert [bool(bar.label) for bar in drawn.bars] == [False, False, True]


@pytest.mark.parametrize(
    ("amount", "top"), [(0, 4), (4, 4), (5, 8), (9, 12), (13, 20), (21, 40), (41, 80), (999, 1_200)]
)
def test_an_axis_ends_at_a_round_number(amount: int, top: int) -> None:
    assert round_up(amount) == top
