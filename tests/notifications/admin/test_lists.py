"""The lists: searched, filtered and turned over without counting."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from notifications import services
from notifications.admin import listing
from notifications.models import Batch, Notification
from tests.notifications.admin.conftest import Staff
from tests.notifications.admin.desk import BATCHES, CHARTS, NOTIFICATIONS, SEND, text, titles
from tests.notifications.people import ApiUser, send_to, send_to_all


@pytest.fixture
def sent(alice: ApiUser, bob: ApiUser) -> dict[str, Notification]:
    """Of several kinds, by title; the newest is `all`."""
    send_to(alice.id, title="read")
    send_to(alice.id, title="unread", type="BLOG_LIKE")
    send_to(alice.id, title="deleted")
    send_to(bob.id, title="bobs", sender="service:blog")
    send_to_all(title="all")
    rows = {row.title: row for row in Notification.objects.all()}
    services.mark_read(user_id=alice.id, notification_id=rows["read"].pk)
    services.delete(user_id=alice.id, notification_id=rows["deleted"].pk)
    old = timezone.now() - timedelta(days=3)
    Notification.objects.filter(pk=rows["bobs"].pk).update(created_at=old)
    return rows


def test_everything_is_listed_newest_first(desk: Client, sent: dict[str, Notification]) -> None:
    assert titles(desk) == ["all", "deleted", "unread", "read", "bobs"]
    shown = text(desk, NOTIFICATIONS)
    assert "Everyone" in shown
    assert "Deleted" in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"user": "bob"}, ["bobs"]),
        ({"user": "ext-7"}, ["bobs"]),
        ({"user": "nobody"}, []),
        ({"user": "9" * 30}, []),
        ({"type": "BLOG_LIKE"}, ["unread"]),
        ({"status": "read"}, ["read"]),
        ({"status": "unread"}, ["unread", "bobs"]),
        ({"status": "deleted"}, ["deleted"]),
        ({"status": "everyone"}, ["all"]),
        ({"status": "nonsense"}, ["all", "deleted", "unread", "read", "bobs"]),
        ({"user": "alice", "status": "read", "type": "ORDER_CREATED"}, ["read"]),
        ({"batch": "nonsense"}, []),
        ({"day": "nonsense"}, []),
        ({"day": "9999-12-31"}, []),
        ({"q": "ali"}, ["deleted", "unread", "read"]),
        ({"q": "ext-7"}, ["bobs"]),
        ({"q": "  "}, ["all", "deleted", "unread", "read", "bobs"]),
        ({"q": "no such thing"}, []),
        ({"user": "\x00"}, []),
        ({"type": "\x00"}, ["all", "deleted", "unread", "read", "bobs"]),
    ],
)
def test_it_is_searched_and_filtered(
    desk: Client,
    bob: ApiUser,
    sent: dict[str, Notification],
    query: dict[str, str],
    found: list[str],
) -> None:
    User.objects.filter(pk=bob.id).update(external_id="ext-7")
    assert titles(desk, **query) == found


def test_ids_are_searched_for(desk: Client, alice: ApiUser, sent: dict[str, Notification]) -> None:
    row = sent["bobs"]
    assert "bobs" in titles(desk, q=str(row.pk))
    assert titles(desk, q=str(row.batch_id)) == ["bobs"]
    assert titles(desk, batch=str(row.batch_id)) == ["bobs"]
    assert "unread" in titles(desk, user=str(alice.id))
    assert "bobs" in titles(desk, day=f"{timezone.now() - timedelta(days=3):%Y-%m-%d}")
    assert "bobs" not in titles(desk, day=f"{timezone.now():%Y-%m-%d}")


def test_the_other_filters_stay_while_one_is_typed_in(
    desk: Client, sent: dict[str, Notification]
) -> None:
    shown = text(desk, NOTIFICATIONS, user="alice", status="read")
    assert '<input type="hidden" name="status" value="read">' in shown
    assert '<input type="text" name="user" value="alice"' in shown


def test_pages_are_turned_without_counting(
    desk: Client, alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing.UncountedAdmin, "list_per_page", 2)
    for n in range(5):
        send_to(alice.id, title=str(n))
    with CaptureQueriesContext(connection) as asked:
        assert titles(desk) == ["4", "3"]
    assert not [each["sql"] for each in asked if "COUNT(" in each["sql"].upper()]
    assert titles(desk, p=2) == ["2", "1"]
    assert titles(desk, p=3) == ["0"]
    assert "p=2" in text(desk, NOTIFICATIONS)
    assert "p=4" not in text(desk, NOTIFICATIONS, p=3)


@pytest.mark.parametrize("page", ["4", "0", "-1", "x", "99999999999"])
def test_there_is_no_page_of_nonsense(desk: Client, alice: ApiUser, page: str) -> None:
    send_to(alice.id)
    assert desk.get(NOTIFICATIONS, {"p": page}, follow=True).status_code == 200


def test_nobody_turns_pages_for_ever(
    desk: Client, alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing.UncountedAdmin, "list_per_page", 1)
    monkeypatch.setattr(listing, "PAGES", 2)
    for n in range(5):
        send_to(alice.id, title=str(n))
    assert titles(desk, p=2) == ["3"]
    assert "p=3" not in text(desk, NOTIFICATIONS, p=2)
    # Not all at once either.
    assert titles(desk, all="") == ["4"]


def test_batches_are_listed_with_what_they_said(
    desk: Client, alice: ApiUser, sent: dict[str, Notification]
) -> None:
    shown = text(desk, BATCHES)
    for title in sent:
        assert title in shown
    assert "Everyone" in shown
    batch = sent["bobs"].batch
    for query in ({"q": str(batch.pk)}, {"sender": "service:blog"}):
        answer = desk.get(BATCHES, query)
        assert list(answer.context["cl"].result_list) == [batch]
    assert list(desk.get(BATCHES, {"q": "x"}).context["cl"].result_list) == []
    Batch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - timedelta(days=9))
    day = f"{timezone.now() - timedelta(days=9):%Y-%m-%d}"
    assert list(desk.get(BATCHES, {"day": day}).context["cl"].result_list) == [batch]


def test_nothing_is_added_or_changed(desk: Client, alice: ApiUser) -> None:
    (sent,) = send_to(alice.id).ids
    assert desk.get(f"{NOTIFICATIONS}add/").status_code == 403
    desk.post(f"{NOTIFICATIONS}{sent}/change/", {"title": "Forged"})
    assert Notification.objects.get().title == "Order received"


def test_a_user_can_be_deleted_with_all_that_is_theirs(desk: Client, alice: ApiUser) -> None:
    send_to(alice.id)
    answer = desk.post(f"/admin/accounts/user/{alice.id}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not User.objects.filter(pk=alice.id).exists()
    assert not Notification.objects.exists()


@pytest.mark.parametrize("path", [NOTIFICATIONS, BATCHES, CHARTS])
def test_who_may_not_look_sees_no_page(staff: Staff, alice: ApiUser, path: str) -> None:
    (sent,) = send_to(alice.id).ids
    batch = Batch.objects.get()
    client = staff("view_user")
    for each in (path, f"{NOTIFICATIONS}{sent}/change/", f"{BATCHES}{batch.pk}/change/"):
        assert client.get(each).status_code == 403
    assert "Notifications" not in text(client, "/admin/")


def test_who_may_look_only_has_no_buttons(staff: Staff, alice: ApiUser) -> None:
    (sent,) = send_to(alice.id).ids
    batch = Batch.objects.get()
    client = staff("view_notification", "view_batch")
    pages = (
        NOTIFICATIONS,
        BATCHES,
        CHARTS,
        f"{NOTIFICATIONS}{sent}/change/",
        f"{BATCHES}{batch.pk}/change/",
    )
    for path in pages:
        shown = text(client, path)
        assert SEND not in shown
        assert "Revoke<" not in shown
        assert 'value="revoke"' not in shown
