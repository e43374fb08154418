import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.credentials.service_keys import create_service_key
from accounts.models import Login, ServiceKey, User
from accounts.services import issue_access_tokens
from realtime.protocol.principal import Eviction
from tests.accounts.conftest import Hub

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(db: None) -> Client:
    """Django's admin, with an administrator sitting at it."""
    desk = Client()
    desk.force_login(User.objects.create_superuser("root", password="x"))
    return desk


def act(desk: Client, model: str, action: str, *keys: Any) -> None:
    body = {"action": action, "_selected_action": [str(key) for key in keys]}
    answer = desk.post(f"/admin/accounts/{model}/", body, follow=True)
    assert answer.status_code == 200


def logged() -> list[str]:
    """What the admin log says."""
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]


def test_a_new_key_is_shown_once(desk: Client) -> None:
    answer = desk.post(
        "/admin/accounts/servicekey/add/",
        {"name": "orders", "scopes": ["jobs:write"]},
        follow=True,
    )
    shown = re.findall(r"bw_[0-9a-f]{8}_[\w-]+", answer.content.decode())
    assert len(shown) == 1
    row = ServiceKey.objects.get()
    assert (row.name, row.scopes) == ("orders", ["jobs:write"])
    for page in ("", f"{row.pk}/change/"):
        text = desk.get(f"/admin/accounts/servicekey/{page}").content.decode()
        assert row.prefix in text
        assert shown[0] not in text
        assert row.sha256 not in text


def test_the_key_is_in_no_cookie_and_in_no_cache(desk: Client) -> None:
    answer = desk.post("/admin/accounts/servicekey/add/", {"name": "orders"})
    [key] = re.findall(r"bw_[0-9a-f]{8}_[\w-]+", answer.content.decode())
    assert "no-store" in answer.headers["Cache-Control"]
    assert key not in str(desk.cookies)
    assert logged() == ["Added."]


def test_a_key_without_ticked_scopes_may_do_everything(desk: Client) -> None:
    desk.post("/admin/accounts/servicekey/add/", {"name": "orders"})
    assert ServiceKey.objects.get().scopes == ["*"]


def test_a_key_is_revoked(desk: Client) -> None:
    row, _ = create_service_key(name="orders")
    for _ in range(2):
        act(desk, "servicekey", "revoke", row.pk)
    row.refresh_from_db()
    assert row.revoked_at is not None
    assert logged() == ["Revoked."]


def test_a_sign_in_is_ended(desk: Client, alice: User, hub: Hub) -> None:
    issue_access_tokens(users=[alice, alice])
    login = Login.objects.all()[0]
    act(desk, "login", "revoke", login.pk)
    assert Login.objects.exclude(revoked_at=None).get() == login
    assert hub.evictions == [Eviction(alice.pk, str(login.pk))]
    assert logged() == ["Signed out."]


@pytest.mark.parametrize("action", ["sign_out", "disable"])
def test_a_user_is_signed_out_everywhere(desk: Client, alice: User, hub: Hub, action: str) -> None:
    issue_access_tokens(users=[alice, alice])
    act(desk, "user", action, alice.pk)
    assert Login.objects.filter(revoked_at=None).count() == 0
    assert hub.evictions == [Eviction(alice.pk)]
    alice.refresh_from_db()
    assert alice.is_active is (action == "sign_out")
    assert logged() == ["Signed out everywhere." if action == "sign_out" else "Disabled."]


@pytest.mark.parametrize(
    ("model", "action"),
    [("user", "sign_out"), ("user", "disable"), ("login", "revoke"), ("servicekey", "revoke")],
)
def test_who_may_only_look_does_nothing(alice: User, hub: Hub, model: str, action: str) -> None:
    issue_access_tokens(users=[alice])
    key, _ = create_service_key(name="orders")
    keys = {"user": alice.pk, "login": Login.objects.get().pk, "servicekey": key.pk}
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename=f"view_{model}"))
    desk = Client()
    desk.force_login(staff)
    act(desk, model, action, keys[model])
    assert Login.objects.filter(revoked_at=None).count() == 1
    assert ServiceKey.objects.filter(revoked_at=None).count() == 1
    assert User.objects.filter(is_active=True).count() == 2
    assert hub.evictions == []
    assert logged() == []


def test_two_users_may_have_no_external_id(desk: Client) -> None:
    for username in ("kim", "lee"):
        user = User.objects.create_user(username)
        page = desk.get(f"/admin/accounts/user/{user.pk}/change/")
        fields = page.context["adminform"].form.initial
        body = {
            "username": username,
            "external_id": "",
            "is_active": "on",
            "date_joined_0": f"{fields['date_joined']:%Y-%m-%d}",
            "date_joined_1": f"{fields['date_joined']:%H:%M:%S}",
        }
        answer = desk.post(f"/admin/accounts/user/{user.pk}/change/", body)
        assert answer.status_code == 302, answer.context["errors"]
    assert User.objects.filter(external_id=None, username__in=["kim", "lee"]).count() == 2


def test_unticking_active_closes_the_connections_at_once(
    desk: Client, alice: User, hub: Hub
) -> None:
    body = {"username": "alice", "date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    assert desk.post(f"/admin/accounts/user/{alice.pk}/change/", body).status_code == 302
    assert hub.evictions == [Eviction(alice.pk)]


@pytest.mark.parametrize("model", ["user", "servicekey", "login"])
def test_the_lists_can_be_searched(desk: Client, alice: User, model: str) -> None:
    issue_access_tokens(users=[alice])
    assert desk.get(f"/admin/accounts/{model}/?q=ali").status_code == 200


def test_openapi_describes_the_room(desk: Client) -> None:
    text = desk.get("/api/schema/").content.decode()
    for path in ("token", "token/refresh", "logout", "ticket", "me", "csrf"):
        assert f"/api/v1/auth/{path}:" in text
    me = text.split("/api/v1/auth/me:")[1].split("/api/v1/")[0]
    for way_in in ("bearer", "serviceKey", "cookie", "ticket"):
        assert f"- {way_in}: []" in me, "each by itself is enough"
