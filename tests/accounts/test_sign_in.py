import jwt
import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.models import Login, User
from tests.accounts.people import CSRF, ME, PASSWORD, TOKEN, bearer, sign_in

pytestmark = pytest.mark.django_db


def test_a_right_password_gives_tokens_and_cookies(client: APIClient, alice: User) -> None:
    tokens = sign_in(client)
    assert tokens.keys() == {"access", "refresh", "csrf_token"}
    assert client.cookies["access_token"].value == tokens["access"]
    assert client.cookies["refresh_token"].value == tokens["refresh"]
    me = APIClient().get(ME, headers=bearer(tokens["access"]))
    assert me.json() == {
        "id": alice.pk,
        "username": "alice",
        "display_name": "Alice A.",
        "email": "",
        "external_id": None,
        "is_staff": False,
        "language": None,
        "time_zone": None,
    }


def test_our_tokens_are_hs256_with_the_user_id_as_a_string(client: APIClient, alice: User) -> None:
    tokens = sign_in(client)
    for kind, lifetime in (("access", 15 * 60), ("refresh", 14 * 86400)):
        assert jwt.get_unverified_header(tokens[kind])["alg"] == "HS256"
        claims = jwt.decode(tokens[kind], options={"verify_signature": False})
        assert claims["sub"] == str(alice.pk)
        assert claims["exp"] - claims["iat"] == lifetime
        assert claims["sid"] == str(Login.objects.get().pk)


def test_no_refresh_token_is_stored(client: APIClient, alice: User) -> None:
    sign_in(client)
    assert [row.token for row in OutstandingToken.objects.all()] == [""]


def test_in_production_cookies_are_secure_and_cross_site(client: APIClient, alice: User) -> None:
    sign_in(client)
    for name, path in (("access_token", "/"), ("refresh_token", "/api/v1/auth")):
        cookie = client.cookies[name]
        assert cookie["httponly"]
        assert cookie["secure"]
        assert cookie["samesite"] == "None"
        assert cookie["path"] == path


def test_in_development_cookies_travel_over_plain_http(
    client: APIClient, alice: User, settings: Settings
) -> None:
    settings.DEBUG = True
    sign_in(client)
    assert not client.cookies["access_token"]["secure"]
    assert client.cookies["access_token"]["samesite"] == "Lax"


@pytest.mark.parametrize(
    ("username", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("Al\u00edce", PASSWORD)]
)
def test_a_wrong_name_or_password_is_401_and_says_not_which(
    client: APIClient, alice: User, username: str, password: str
) -> None:
    answer = client.post(TOKEN, {"username": username, "password": password})
    assert answer.status_code == 401
    assert answer.json() == {"code": "AUTH_ERROR", "message": "Wrong username or password"}
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "access_token" not in client.cookies


def test_a_disabled_user_cannot_sign_in(client: APIClient, alice: User) -> None:
    User.objects.update(is_active=False)
    answer = client.post(TOKEN, {"username": "alice", "password": PASSWORD})
    assert answer.status_code == 401


def test_what_is_missing_is_named(client: APIClient) -> None:
    answer = client.post(TOKEN, {"username": "alice"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID"
    assert answer.json()["errors"].keys() == {"password"}


def test_a_form_of_another_site_cannot_sign_anybody_in(client: APIClient, alice: User) -> None:
    """Only JSON is taken, and for JSON a browser asks for permission first."""
    answer = client.post(TOKEN, {"username": "alice", "password": PASSWORD}, format="multipart")
    assert answer.status_code == 415


def test_answers_with_secrets_are_not_kept_by_caches(client: APIClient, alice: User) -> None:
    answer = client.post(TOKEN, {"username": "alice", "password": PASSWORD})
    assert answer["Cache-Control"] == "no-store"


class WitnessHasher(MD5PasswordHasher):
    """Hashes, and notes whether a transaction was open meanwhile."""

    algorithm = "witness"
    seen: list[bool] = []

    def encode(self, password: str, salt: str) -> str:
        self.seen.append(connection.in_atomic_block)
        return super().encode(password, salt)


@pytest.mark.django_db(transaction=True)
def test_hashing_holds_no_transaction_and_happens_for_unknown_names_too(
    client: APIClient, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.WitnessHasher"]
    User.objects.create_user("alice", password=PASSWORD)
    for username in ("alice", "nobody"):
        WitnessHasher.seen.clear()
        client.post(TOKEN, {"username": username, "password": "wrong"})
        assert WitnessHasher.seen == [False]


def test_me_is_for_those_who_are_signed_in(client: APIClient) -> None:
    answer = client.get(ME)
    assert answer.status_code == 401
    assert answer.json() == {"code": "AUTH_ERROR", "message": "Authentication failed"}


def test_csrf_gives_a_token_and_its_cookie(client: APIClient) -> None:
    answer = client.get(CSRF)
    assert answer.status_code == 200
    assert answer.json()["csrf_token"]
    assert client.cookies["csrftoken"].value
