from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.models import Login, Rotation, User
from realtime.protocol.principal import Eviction
from tests.accounts.conftest import Hub
from tests.accounts.people import ME, REFRESH, bearer, sign_in

pytestmark = pytest.mark.django_db


def some_time_passes(seconds: float) -> None:
    """As if all refreshes had been made that much earlier."""
    Rotation.objects.update(rotated_at=F("rotated_at") - timedelta(seconds=seconds))


def refresh(token: str) -> Any:
    return APIClient().post(REFRESH, {"refresh": token})


def test_a_refresh_token_is_exchanged_for_a_new_pair(client: APIClient, alice: User) -> None:
    first = sign_in(client)
    answer = refresh(first["refresh"])
    assert answer.status_code == 200
    second = answer.json()
    assert second.keys() == {"access", "refresh", "csrf_token"}
    assert second["refresh"] != first["refresh"]
    assert APIClient().get(ME, headers=bearer(second["access"])).status_code == 200
    assert refresh(second["refresh"]).status_code == 200


def test_two_tabs_get_the_same_successor(client: APIClient, alice: User) -> None:
    first = sign_in(client)["refresh"]
    second = refresh(first).json()["refresh"]
    some_time_passes(29)
    assert refresh(first).json()["refresh"] == second
    assert OutstandingToken.objects.count() == 2
    assert list(OutstandingToken.objects.values_list("token", flat=True)) == ["", ""]
    assert BlacklistedToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_used_again_later_it_was_stolen_and_the_family_ends(
    client: APIClient, alice: User, hub: Hub
) -> None:
    first = sign_in(client)
    second = refresh(first["refresh"]).json()
    some_time_passes(31)
    answer = refresh(first["refresh"])
    assert answer.status_code == 401
    assert answer.json()["code"] == "AUTH_ERROR"
    # The thief's token and the owner's are alike: neither goes on.
    assert refresh(second["refresh"]).status_code == 401
    assert APIClient().get(ME, headers=bearer(second["access"])).status_code == 401
    assert hub.evictions == [Eviction(alice.pk, str(Login.objects.get().pk))]


def test_another_sign_in_of_the_same_user_goes_on(client: APIClient, alice: User) -> None:
    stolen, other = sign_in(client)["refresh"], sign_in(APIClient())["refresh"]
    refresh(stolen)
    some_time_passes(31)
    refresh(stolen)
    assert refresh(other).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_simultaneous_refreshes_make_one_successor(
    client: APIClient, alice: User, at_once: Callable[..., list[Any]]
) -> None:
    token = sign_in(client)["refresh"]
    answers = at_once(lambda: refresh(token), 6)
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.json()["refresh"] for answer in answers}) == 1
    assert OutstandingToken.objects.count() == 2


def test_a_disabled_user_cannot_refresh(client: APIClient, alice: User) -> None:
    token = sign_in(client)["refresh"]
    User.objects.update(is_active=False)
    assert refresh(token).status_code == 401
    assert Rotation.objects.count() == 0


def test_one_blacklisted_in_the_admin_is_refused(client: APIClient, alice: User) -> None:
    token = sign_in(client)["refresh"]
    BlacklistedToken.objects.create(token=OutstandingToken.objects.get())
    assert refresh(token).status_code == 401


def test_an_expired_one_says_so(client: APIClient, alice: User, settings: Settings) -> None:
    settings.SIMPLE_JWT = {
        **django_settings.SIMPLE_JWT,
        "REFRESH_TOKEN_LIFETIME": timedelta(seconds=-1),
    }
    answer = refresh(sign_in(client)["refresh"])
    assert answer.status_code == 401
    assert answer.json()["code"] == "TOKEN_EXPIRED"


def test_an_access_token_is_no_refresh_token(client: APIClient, alice: User) -> None:
    assert refresh(sign_in(client)["access"]).status_code == 401


@pytest.mark.parametrize("body", [{}, {"refresh": "nonsense"}, {"refresh": "a.b.c"}])
def test_nothing_and_nonsense_are_401(body: dict[str, str]) -> None:
    answer = APIClient().post(REFRESH, body)
    assert answer.status_code == 401
    assert answer.json()["code"] == "AUTH_ERROR"


def test_a_browser_refreshes_by_its_cookie_and_shows_the_csrf_token(
    client: APIClient, alice: User
) -> None:
    first = sign_in(client)
    assert client.post(REFRESH).status_code == 403
    answer = client.post(REFRESH, headers={"x-csrftoken": first["csrf_token"]})
    assert answer.status_code == 200
    assert client.cookies["refresh_token"].value != first["refresh"]
    assert client.cookies["access_token"].value == answer.json()["access"]


def test_by_cookie_no_script_of_the_page_is_given_the_refresh_token(
    client: APIClient, alice: User
) -> None:
    first = sign_in(client)
    answer = client.post(REFRESH, headers={"x-csrftoken": first["csrf_token"]})
    assert answer.json().keys() == {"access", "csrf_token"}
    assert client.cookies["refresh_token"].value not in answer.content.decode()
    # A program that sends it in the body has no cookie to find the next one in.
    kept = client.cookies["refresh_token"].value
    assert refresh(kept).json().keys() == {"access", "refresh", "csrf_token"}


def test_another_site_cannot_refresh_by_the_cookie(client: APIClient, alice: User) -> None:
    token = sign_in(client)["csrf_token"]
    headers = {"x-csrftoken": token, "origin": "https://evil.example"}
    answer = client.post(REFRESH, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "FORBIDDEN"


def test_the_family_lives_as_long_as_its_newest_token(client: APIClient, alice: User) -> None:
    token = sign_in(client)["refresh"]
    Login.objects.update(expires_at=timezone.now())
    second = refresh(token).json()["refresh"]
    expiry = jwt.decode(second, options={"verify_signature": False})["exp"]
    assert Login.objects.get().expires_at.timestamp() == expiry
