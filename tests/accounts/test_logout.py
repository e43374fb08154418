from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from accounts.models import Login, User
from realtime.protocol.principal import Eviction
from tests.accounts.conftest import Hub
from tests.accounts.people import LOGOUT, ME, REFRESH, an_access_token, bearer, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_signing_out_ends_the_family_and_its_connections(
    client: APIClient, alice: User, hub: Hub
) -> None:
    tokens = sign_in(client)
    other = sign_in(APIClient())
    answer = APIClient().post(LOGOUT, {"refresh": tokens["refresh"]})
    assert answer.status_code == 204
    assert APIClient().post(REFRESH, {"refresh": tokens["refresh"]}).status_code == 401
    assert APIClient().get(ME, headers=bearer(tokens["access"])).status_code == 401
    assert APIClient().get(ME, headers=bearer(other["access"])).status_code == 200
    ended = Login.objects.exclude(revoked_at=None).get()
    assert hub.evictions == [Eviction(alice.pk, str(ended.pk))]


def test_the_cookies_are_cleared(client: APIClient, alice: User) -> None:
    tokens = sign_in(client)
    answer = client.post(LOGOUT, headers={"x-csrftoken": tokens["csrf_token"]})
    assert answer.status_code == 204
    assert client.cookies["access_token"].value == ""
    assert client.cookies["refresh_token"].value == ""
    assert client.cookies["refresh_token"]["path"] == "/api/v1/auth"
    assert Login.objects.get().revoked_at is not None


def test_by_cookie_it_needs_the_csrf_token_and_our_own_origin(
    client: APIClient, alice: User
) -> None:
    tokens = sign_in(client)
    assert client.post(LOGOUT).status_code == 403
    headers = {"x-csrftoken": tokens["csrf_token"], "origin": "https://evil.example"}
    assert client.post(LOGOUT, headers=headers).status_code == 403
    assert Login.objects.get().revoked_at is None


def test_signing_out_twice_is_the_same_as_once(client: APIClient, alice: User) -> None:
    tokens = sign_in(client)
    for _ in range(2):
        answer = APIClient().post(LOGOUT, {"refresh": tokens["refresh"]})
        assert answer.status_code == 204
    for _ in range(2):
        answer = APIClient().post(LOGOUT, headers=bearer(tokens["access"]))
        assert answer.status_code == 204


def test_an_access_token_alone_will_do(alice: User) -> None:
    token = an_access_token(alice)
    assert APIClient().post(LOGOUT, headers=bearer(token)).status_code == 204
    assert APIClient().get(ME, headers=bearer(token)).status_code == 401


def test_an_expired_access_token_does_not_matter_beside_the_refresh_token(
    client: APIClient, alice: User
) -> None:
    refresh = sign_in(client)["refresh"]
    expired = bearer(an_access_token(alice, lifetime=timedelta(seconds=-1)))
    answer = APIClient().post(LOGOUT, {"refresh": refresh}, headers=expired)
    assert answer.status_code == 204
    assert APIClient().post(REFRESH, {"refresh": refresh}).status_code == 401


def test_an_expired_access_token_alone_is_told_that_nothing_happened(alice: User) -> None:
    expired = bearer(an_access_token(alice, lifetime=timedelta(seconds=-1)))
    answer = APIClient().post(LOGOUT, headers=expired)
    assert answer.status_code == 401
    assert answer.json()["code"] == "TOKEN_EXPIRED"


def test_a_used_refresh_token_still_names_its_family(client: APIClient, alice: User) -> None:
    first = sign_in(client)["refresh"]
    second = APIClient().post(REFRESH, {"refresh": first}).json()["refresh"]
    assert APIClient().post(LOGOUT, {"refresh": first}).status_code == 204
    assert APIClient().post(REFRESH, {"refresh": second}).status_code == 401


def test_with_nothing_to_sign_out_of_it_is_done_already() -> None:
    assert APIClient().post(LOGOUT).status_code == 204
    assert APIClient().post(LOGOUT, {"refresh": "forged"}).status_code == 204
