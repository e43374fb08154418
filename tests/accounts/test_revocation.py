"""What ends everything, and what everything is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import F
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.credentials.revocation import Reason, end_everything
from accounts.models import Login, Ticket, User
from accounts.users.deletion import delete_user
from realtime.protocol.principal import Eviction
from tests.accounts.conftest import Hub
from tests.accounts.people import ME, PASSWORD, REFRESH, TICKET, bearer, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "another long passphrase"


@dataclass
class Open:
    """All that Alice has opened before."""

    access: str
    refresh: str
    ticket: str
    session: Client

    def good(self) -> list[str]:
        """What of it is still good."""
        anyone = APIClient()
        checks = {
            "access": anyone.get(ME, headers=bearer(self.access)).status_code == 200,
            "refresh": anyone.post(REFRESH, {"refresh": self.refresh}).status_code == 200,
            "ticket": anyone.get(f"{ME}?ticket={self.ticket}").status_code == 200,
            "session": self.session.get("/admin/").status_code == 200,
        }
        return [name for name, is_good in checks.items() if is_good]


@pytest.fixture(autouse=True)
def _served(settings: Settings) -> None:
    settings.ROOT_URLCONF = "config.urls"


@pytest.fixture
def staff(alice: User) -> User:
    alice.is_staff = True
    alice.save()
    return alice


@pytest.fixture
def opened(staff: User) -> Open:
    tokens = sign_in(APIClient())
    headers = bearer(tokens["access"])
    ticket = APIClient().post(TICKET, headers=headers).json()["ticket"]
    session = Client()
    session.post("/admin/login/", {"username": "alice", "password": PASSWORD})
    return Open(tokens["access"], tokens["refresh"], ticket, session)


@pytest.fixture
def desk(db: None) -> Client:
    desk = Client()
    desk.force_login(User.objects.create_superuser("root"))
    return desk


def page(user: User, name: str = "change") -> str:
    return f"/admin/accounts/user/{user.pk}/{name}/"


def new_password_by_an_administrator(desk: Client, user: User) -> None:
    body = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert desk.post(page(user, "password"), body).status_code == 302


def no_password_by_an_administrator(desk: Client, user: User) -> None:
    body = {"usable_password": "false", "unset-password": "yes"}
    assert desk.post(page(user, "password"), body).status_code == 302


def new_password_by_a_program(desk: Client, user: User) -> None:
    # As Django's command `changepassword` does.
    fresh = User.objects.get(pk=user.pk)
    fresh.set_password(NEW)
    fresh.save()


def new_password_by_an_update(desk: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(password=make_password(NEW))


def disabled_by_an_update(desk: Client, user: User) -> None:
    # Without groups: an outer join.
    User.objects.filter(pk=user.pk, groups=None).update(is_active=False)


def disabled_and_enabled_by_updates(desk: Client, user: User) -> None:
    # As an operator does it in the shell, to throw somebody out for a moment.
    disabled_by_an_update(desk, user)
    User.objects.filter(pk=user.pk).update(is_active=True)


def disabled_and_enabled_by_bulk_updates(desk: Client, user: User) -> None:
    for is_active in (False, True):
        fresh = User.objects.get(pk=user.pk)
        fresh.is_active = is_active
        User.objects.bulk_update([fresh], ["is_active"])


def act(desk: Client, user: User, action: str) -> None:
    body = {"action": action, "_selected_action": [str(user.pk)]}
    assert desk.post("/admin/accounts/user/", body).status_code == 302


def signed_out_everywhere(desk: Client, user: User) -> None:
    act(desk, user, "sign_out")


def disabled(desk: Client, user: User) -> None:
    act(desk, user, "disable")


def unticked(desk: Client, user: User) -> None:
    body = {"username": "alice", "date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    assert desk.post(page(user), body).status_code == 302


def deleted(desk: Client, user: User) -> None:
    assert delete_user(user_id=user.pk)


Way = Callable[[Client, User], None]
WAYS = [
    new_password_by_an_administrator,
    no_password_by_an_administrator,
    new_password_by_a_program,
    new_password_by_an_update,
    disabled_by_an_update,
    disabled_and_enabled_by_updates,
    disabled_and_enabled_by_bulk_updates,
    signed_out_everywhere,
    disabled,
    unticked,
    deleted,
]


def test_before_it_all_of_it_is_good(opened: Open) -> None:
    assert opened.good() == ["access", "refresh", "ticket", "session"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_is_good_after(opened: Open, staff: User, desk: Client, hub: Hub, way: Way) -> None:
    way(desk, staff)
    assert opened.good() == []
    assert set(hub.evictions) == {Eviction(staff.pk)}


def test_who_changes_their_own_password_stays_in_this_browser_only(
    opened: Open, staff: User, hub: Hub
) -> None:
    other = Client()
    other.force_login(User.objects.get(pk=staff.pk))
    body = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert opened.session.post("/admin/password_change/", body).status_code == 302
    assert opened.good() == ["session"]
    assert other.get("/admin/").status_code == 302
    assert hub.evictions == [Eviction(staff.pk)]


def test_enabled_again_what_was_open_before_stays_closed(opened: Open, staff: User) -> None:
    # Past Django, as an operator's statement does it.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [staff.pk])
    assert opened.good() == []
    staff.refresh_from_db()
    staff.is_active = True
    staff.save()
    assert opened.good() == []
    assert sign_in(APIClient())["access"]


def test_signing_in_again_is_good(opened: Open, staff: User) -> None:
    end_everything(user_id=staff.pk, reason=Reason.SIGNED_OUT_EVERYWHERE)
    tokens = sign_in(APIClient())
    assert APIClient().get(ME, headers=bearer(tokens["access"])).status_code == 200
    assert opened.session.post(
        "/admin/login/", {"username": "alice", "password": PASSWORD}
    ).status_code in (200, 302)
    assert opened.good() == ["session"]


def test_saving_what_was_read_before_takes_no_revocation_back(opened: Open, staff: User) -> None:
    stale = User.objects.get(pk=staff.pk)
    end_everything(user_id=staff.pk, reason=Reason.SIGNED_OUT_EVERYWHERE)
    stale.first_name = "Alicia"
    stale.save()
    staff.refresh_from_db()
    assert (staff.first_name, staff.session_version) == ("Alicia", 1)
    assert staff.tokens_valid_after is not None
    assert opened.good() == []


def test_other_changes_end_nothing(opened: Open, staff: User, hub: Hub) -> None:
    staff.refresh_from_db()
    staff.first_name, staff.is_superuser = "Alicia", True
    staff.save()
    staff.save(update_fields=["last_login"])
    User.objects.filter(pk=staff.pk).update(last_name="A", is_active=True, is_superuser=False)
    assert opened.good() == ["access", "refresh", "ticket", "session"]
    assert hub.evictions == []


def test_others_go_on(opened: Open, staff: User, bob: User) -> None:
    end_everything(user_id=bob.pk, reason=Reason.DISABLED)
    assert opened.good() == ["access", "refresh", "ticket", "session"]


def test_a_family_ends_at_its_greatest_age_however_often_it_was_renewed(
    client: APIClient, alice: User
) -> None:
    token = sign_in(client)["refresh"]
    Login.objects.update(created_at=F("created_at") - timedelta(days=89))
    renewed = APIClient().post(REFRESH, {"refresh": token}).json()["refresh"]
    claims = jwt.decode(renewed, options={"verify_signature": False})
    assert 0 < claims["exp"] - claims["iat"] <= 86_400
    Login.objects.update(created_at=F("created_at") - timedelta(days=1))
    answer: Any = APIClient().post(REFRESH, {"refresh": renewed})
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_EXPIRED")
    assert Login.objects.get().revoked_at is not None


def test_the_greatest_age_is_a_setting(client: APIClient, alice: User, settings: Settings) -> None:
    settings.BELLWIRE_LOGIN_MAX_DAYS = 1
    claims = jwt.decode(sign_in(client)["refresh"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 86_400


def test_tickets_go_at_once(opened: Open, staff: User) -> None:
    end_everything(user_id=staff.pk, reason=Reason.DISABLED)
    assert Ticket.objects.count() == 0
