"""What the security log tells of, and what it does not let anybody do to it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db.models import F, Sum
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.cleanup import delete_expired
from accounts.credentials.service_keys import (
    authenticate_service,
    create_service_key,
    revoke_service_keys,
)
from accounts.models import EventKind, Rotation, SecurityEvent, User
from tests.accounts.people import PASSWORD, REFRESH, TOKEN, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _served(settings: Settings) -> None:
    settings.ROOT_URLCONF = "config.urls"


@pytest.fixture
def desk(db: None) -> Client:
    desk = Client(REMOTE_ADDR="192.0.2.9", headers={"user-agent": "Desk/1"})
    desk.force_login(User.objects.create_superuser("root"))
    SecurityEvent.objects.all().delete()
    return desk


def kinds() -> list[str]:
    return list(SecurityEvent.objects.order_by("pk").values_list("kind", flat=True))


def guess(username: str, password: str = "wrong", address: str = "192.0.2.1") -> Any:
    body = {"username": username, "password": password}
    agent = {"user-agent": "Browser/5.0\x00\n"}
    return APIClient().post(TOKEN, body, REMOTE_ADDR=address, headers=agent)


def test_a_sign_in_and_where_it_came_from(alice: User) -> None:
    assert guess("alice", PASSWORD).status_code == 200
    event = SecurityEvent.objects.get()
    assert event.kind == EventKind.SIGN_IN
    assert (event.user_id, event.username) == (alice.pk, "alice")
    assert (event.address, event.user_agent) == ("192.0.2.1", "Browser/5.0")


def test_failures_are_counted_and_refusals_apart(alice: User) -> None:
    for _ in range(13):
        guess("alice")
    failed, refused = SecurityEvent.objects.order_by("pk")
    assert (failed.kind, failed.count) == (EventKind.SIGN_IN_FAILED, 10)
    assert (refused.kind, refused.count) == (EventKind.SIGN_IN_REFUSED, 3)
    assert failed.user_id == refused.user_id == alice.pk
    assert failed.last_at >= failed.at


def test_a_password_typed_as_a_name_is_not_written_down(alice: User) -> None:
    for name in ("hunter2-secret", "another-secret", "hunter2-secret"):
        guess(name)
    rows = SecurityEvent.objects.order_by("pk")
    assert [row.count for row in rows] == [2, 1]
    assert "secret" not in str(list(rows.values()))
    assert rows[0].username != rows[1].username


def test_nobody_fills_the_log(alice: User, settings: Settings) -> None:
    settings.BELLWIRE_SECURITY_BUCKET_ROWS = 5
    for number in range(20):
        guess(f"name{number}", address=f"198.51.100.{number}")
    assert SecurityEvent.objects.count() == 6
    assert SecurityEvent.objects.aggregate(total=Sum("count"))["total"] == 20
    last = SecurityEvent.objects.latest("pk")
    assert (last.count, last.username, last.address) == (15, "", "")
    assert "more of these" in last.detail


def test_the_admins_sign_in_is_in_it(desk: Client) -> None:
    User.objects.create_superuser("chief", password=PASSWORD)
    SecurityEvent.objects.all().delete()
    for password in ("wrong", PASSWORD):
        Client().post("/admin/login/", {"username": "chief", "password": password})
    assert kinds() == [EventKind.SIGN_IN_FAILED, EventKind.SIGN_IN]


def test_a_stolen_refresh_token(client: APIClient, alice: User) -> None:
    token = sign_in(client)["refresh"]
    APIClient().post(REFRESH, {"refresh": token})
    Rotation.objects.update(rotated_at=F("rotated_at") - timedelta(seconds=31))
    for _ in range(3):
        body = {"refresh": token}
        answer = APIClient().post(REFRESH, body, REMOTE_ADDR="203.0.113.5")
        assert answer.status_code == 401
    event = SecurityEvent.objects.get(kind=EventKind.REFRESH_REUSED)
    assert (event.username, event.address) == ("alice", "203.0.113.5")


def test_who_ended_everything_and_why(desk: Client, alice: User) -> None:
    body = {"action": "sign_out", "_selected_action": [str(alice.pk)]}
    desk.post("/admin/accounts/user/", body)
    alice.refresh_from_db()
    alice.set_password("another long passphrase")
    alice.save()
    first, second = SecurityEvent.objects.filter(kind=EventKind.REVOKED).order_by("pk")
    assert (first.username, first.actor, first.detail) == (
        "alice",
        "root",
        "signed out everywhere",
    )
    assert (first.address, first.user_agent) == ("192.0.2.9", "Desk/1")
    assert (second.actor, second.address, second.detail) == ("", "", "password changed")


def test_the_life_of_a_service_key(desk: Client) -> None:
    desk.post("/admin/accounts/servicekey/add/", {"name": "orders", "scopes": ["jobs:write"]})
    row, text = create_service_key(name="billing")
    for _ in range(3):
        authenticate_service(key=text)
    assert revoke_service_keys(keys=[row.pk]) == 1
    assert revoke_service_keys(keys=[row.pk]) == 0
    events = list(SecurityEvent.objects.order_by("pk").values_list("kind", "actor"))
    assert events == [
        (EventKind.KEY_CREATED, "root"),
        (EventKind.KEY_CREATED, ""),
        (EventKind.KEY_FIRST_USED, ""),
        (EventKind.KEY_REVOKED, ""),
    ]
    details = SecurityEvent.objects.order_by("pk").values_list("detail", flat=True)
    assert details[0].startswith("orders (bw_")
    assert details[0].endswith("scopes jobs:write")
    assert text not in str(list(details))


def test_privileges_that_change(desk: Client, alice: User) -> None:
    body = {
        "username": "alice",
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00",
        "groups": [str(Group.objects.create(name="helpdesk").pk)],
    }
    assert desk.post(f"/admin/accounts/user/{alice.pk}/change/", body).status_code == 302
    group = Group.objects.get()
    group.permissions.add(Permission.objects.get(codename="change_user"))
    events = SecurityEvent.objects.filter(kind=EventKind.PRIVILEGES_CHANGED).order_by("pk")
    staff, member, permission = events
    assert (staff.username, staff.actor, staff.detail) == ("alice", "root", "is_staff: True")
    assert (member.username, member.actor) == ("alice", "root")
    assert "added" in member.detail
    assert "helpdesk" in permission.detail


def test_a_superuser_who_is_made(db: None) -> None:
    User.objects.create_user("plain")
    User.objects.create_superuser("chief")
    assert [event.username for event in SecurityEvent.objects.all()] == ["chief"]


def test_it_is_read_in_the_admin_and_changed_by_nobody(desk: Client, alice: User) -> None:
    guess("alice")
    event = SecurityEvent.objects.get()
    listing = "/admin/accounts/securityevent/"
    for query in ("", "?q=alice", "?q=192.0.2.1", f"?kind__exact={EventKind.SIGN_IN_FAILED}"):
        text = desk.get(listing + query).content.decode()
        assert "Sign-in failed" in text
        assert "192.0.2.1" in text
    assert desk.get(f"{listing}{event.pk}/change/").status_code == 200
    assert desk.get(f"{listing}add/").status_code == 403
    assert desk.post(f"{listing}{event.pk}/change/", {"detail": "x"}).status_code == 403
    assert desk.post(f"{listing}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(listing, {"action": "delete_selected", "_selected_action": [str(event.pk)]})
    assert SecurityEvent.objects.get().detail == ""


def test_old_entries_go(alice: User) -> None:
    guess("alice")
    SecurityEvent.objects.update(at=F("at") - timedelta(days=179))
    delete_expired()
    assert SecurityEvent.objects.count() == 1
    SecurityEvent.objects.update(at=F("at") - timedelta(days=2))
    delete_expired()
    assert SecurityEvent.objects.count() == 0
