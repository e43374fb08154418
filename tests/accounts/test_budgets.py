"""Guessing from one address at many names, and from many addresses at one name; who gets in."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db.models import F
from django.test import Client, RequestFactory
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import LoginAttempt, User
from accounts.passwords import throttle
from accounts.passwords.backends import confirm_password
from accounts.users.devices import DEVICE_COOKIE
from api.errors import ApiError
from tests.accounts.people import PASSWORD, TOKEN, sign_in

pytestmark = pytest.mark.django_db


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password was hashed."""

    algorithm = "counting"
    hashed: list[str] = []

    def encode(self, password: str, salt: str) -> str:
        self.hashed.append(password)
        return super().encode(password, salt)


@pytest.fixture
def hashed(settings: Settings) -> Iterator[list[str]]:
    """The passwords that were hashed; users made from now on have such a hash."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.hashed.clear()
    yield CountingHasher.hashed
    CountingHasher.hashed.clear()


def post(
    client: APIClient, username: str, address: str = "192.0.2.1", password: str = "wrong"
) -> Any:
    body = {"username": username, "password": password}
    return client.post(TOKEN, body, REMOTE_ADDR=address)


def guess_elsewhere(username: str, address: str) -> int:
    """With a browser of its own, which no one has signed in with."""
    return int(post(APIClient(), username, address).status_code)


def test_one_address_cannot_try_any_number_of_names(
    alice: User, settings: Settings, hashed: list[str]
) -> None:
    settings.BELLWIRE_LOGIN_ADDRESS_FAILURES = 5
    statuses = [guess_elsewhere(f"name{number}", "192.0.2.1") for number in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    assert len(hashed) == 5, "a refused attempt costs no hash"
    assert guess_elsewhere("name9", "192.0.2.2") == 401
    LoginAttempt.objects.update(at=F("at") - timedelta(seconds=601))
    assert guess_elsewhere("name9", "192.0.2.1") == 401


def test_a_64_of_ipv6_is_one_address(alice: User, settings: Settings) -> None:
    settings.BELLWIRE_LOGIN_ADDRESS_FAILURES = 5
    same = [f"2001:db8:1:2::{number:x}" for number in range(1, 4)]
    same += [f"2001:db8:1:2:{number:x}::1" for number in range(1, 4)]
    statuses = [guess_elsewhere(f"name{number}", place) for number, place in enumerate(same)]
    assert statuses == [401] * 5 + [429]
    assert guess_elsewhere("name9", "2001:db8:1:3::1") == 401


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("not an address", "not an address"),
    ],
)
def test_what_counts_as_one_client(address: str, network: str) -> None:
    assert throttle.network_of(address) == network


@pytest.fixture
def attacked(alice: User, bob: User, client: APIClient, settings: Settings) -> APIClient:
    """Alice's own browser, while the world guesses at her name until nobody else may."""
    sign_in(client)
    settings.BELLWIRE_LOGIN_NAME_FAILURES = 5
    statuses = [guess_elsewhere("alice", f"198.51.100.{number}") for number in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    return client


def test_guessing_from_many_addresses_is_refused_right_or_wrong(attacked: APIClient) -> None:
    answer = post(APIClient(), "alice", "203.0.113.9", PASSWORD)
    assert answer.status_code == 429
    assert answer.json()["code"] == "RATE_LIMITED"
    assert 0 < int(answer["Retry-After"]) <= 3600


def test_the_owner_gets_in_with_their_browser_from_anywhere(attacked: APIClient) -> None:
    assert post(attacked, "alice", "203.0.113.10", PASSWORD).status_code == 200
    # Also from an address that has no guesses left.
    assert post(attacked, "alice", "198.51.100.1", PASSWORD).status_code == 200


def test_others_are_not_held_up(attacked: APIClient) -> None:
    assert post(APIClient(), "bob", "203.0.113.9", PASSWORD).status_code == 200


def test_nobody_is_locked_out_for_ever(attacked: APIClient) -> None:
    LoginAttempt.objects.update(at=F("at") - timedelta(seconds=3601))
    assert post(APIClient(), "alice", "203.0.113.9", PASSWORD).status_code == 200


@pytest.mark.parametrize("cookie", ["nonsense", "eyJpZCI6IngiLCJuYW1lcyI6W119:1abcde:forged"])
def test_a_forged_device_has_no_budget_of_its_own(attacked: APIClient, cookie: str) -> None:
    stranger = APIClient()
    stranger.cookies[DEVICE_COOKIE] = cookie
    assert post(stranger, "alice", "203.0.113.9", PASSWORD).status_code == 429


def test_a_browser_is_known_to_those_only_who_signed_in_there(attacked: APIClient) -> None:
    bobs = APIClient()
    sign_in(bobs, "bob")
    assert post(bobs, "alice", "203.0.113.9", PASSWORD).status_code == 429
    assert post(bobs, "bob", "203.0.113.9", PASSWORD).status_code == 200


def test_a_known_browser_has_a_budget_too(attacked: APIClient, settings: Settings) -> None:
    settings.BELLWIRE_LOGIN_DEVICE_FAILURES = 3
    statuses = [post(attacked, "alice").status_code for _ in range(5)]
    assert statuses == [401] * 3 + [429] * 2


def test_success_gives_back_what_was_mistyped(alice: User, client: APIClient) -> None:
    for _ in range(3):
        post(client, "alice")
    assert LoginAttempt.objects.count() == 3
    assert post(client, "alice", password=PASSWORD).status_code == 200
    assert LoginAttempt.objects.count() == 0


# About the default limits: that failures are given back is tested in both kinds above.
@pytest.mark.once
def test_an_office_of_200_behind_one_address_signs_in_of_a_morning(db: None) -> None:
    people = User.objects.bulk_create(
        User(username=f"person{number}", password="md5$salt$" + "0" * 32) for number in range(200)
    )
    User.objects.update(password=_hash_of(PASSWORD))
    for number, person in enumerate(people):
        browser = APIClient()
        # Every third mistypes, up to four times.
        mistakes = number % 5 if number % 3 == 0 else 0
        tries = ["wrong"] * mistakes + [PASSWORD]
        statuses = [post(browser, person.username, password=text).status_code for text in tries]
        assert statuses == [401] * mistakes + [200]
    assert LoginAttempt.objects.count() == 0


def test_no_way_in_bypasses_the_budgets(alice: User, hashed: list[str]) -> None:
    """What REST has used up, Django's own functions refuse too, sync and async."""
    for _ in range(10):
        post(APIClient(), "alice")
    before = len(hashed)
    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
    for call in (authenticate, async_to_sync(aauthenticate)):
        with pytest.raises(ApiError) as refusal:
            call(request, username="alice", password=PASSWORD)
        assert refusal.value.status_code == 429
    assert len(hashed) == before


def test_no_way_in_bypasses_the_turns_to_hash(
    alice: User, settings: Settings, hashed: list[str]
) -> None:
    settings.BELLWIRE_HASHES_AT_ONCE = settings.BELLWIRE_HASHES_WAITING = 0
    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
    for attempt in (
        lambda: authenticate(request, username="alice", password=PASSWORD),
        lambda: async_to_sync(aauthenticate)(request, username="alice", password=PASSWORD),
        lambda: confirm_password(request, alice, PASSWORD),
    ):
        with pytest.raises(ApiError) as refusal:
            attempt()
        assert (refusal.value.status_code, refusal.value.code) == (503, "UNAVAILABLE")
    assert post(APIClient(), "alice").status_code == 503
    assert hashed == []
    # It was no attempt, and gives nobody away.
    assert LoginAttempt.objects.count() == 0


# --- the admin -----------------------------------------------------------------------------------


@pytest.fixture
def desk(settings: Settings) -> Client:
    """A browser at the admin, as it is served."""
    settings.ROOT_URLCONF = "config.urls"
    return Client()


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", password=PASSWORD)


def fill_in(desk: Client, password: str) -> Any:
    body = {"username": "root", "password": password, "next": "/admin/"}
    return desk.post("/admin/login/", body)


def test_the_admin_signs_in_and_knows_the_browser_after(desk: Client, root: User) -> None:
    answer = fill_in(desk, PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert desk.cookies[DEVICE_COOKIE]["httponly"]
    assert desk.get("/admin/").status_code == 200


def test_the_admins_form_is_throttled(desk: Client, root: User) -> None:
    answers = [fill_in(desk, "wrong") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    refused = fill_in(desk, PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "Too many wrong passwords. Try again in" in refused.content.decode()
    assert post(APIClient(), "root", "127.0.0.1", PASSWORD).status_code == 429


def test_repeating_ones_own_password_is_throttled(desk: Client, root: User) -> None:
    """Who finds a session open must not learn the password by this page."""
    desk.force_login(root)
    new = {"new_password1": "a new and long one", "new_password2": "a new and long one"}
    statuses = [
        desk.post("/admin/password_change/", {"old_password": "wrong", **new}).status_code
        for _ in range(11)
    ]
    assert statuses == [200] * 10 + [429]
    LoginAttempt.objects.all().delete()
    answer = desk.post("/admin/password_change/", {"old_password": PASSWORD, **new})
    assert answer.status_code == 302
    root.refresh_from_db()
    assert root.check_password("a new and long one")


# --- a password that changes while it is compared ------------------------------------------------


class MeddlingHasher(MD5PasswordHasher):
    """While it compares, somebody else sets another password."""

    algorithm = "meddling"
    meddle = False

    def verify(self, password: str, encoded: str) -> bool:
        if MeddlingHasher.meddle:
            User.objects.update(password=self.encode("set by an administrator", "salt"))
        return super().verify(password, encoded)

    def must_update(self, encoded: str) -> bool:
        return MeddlingHasher.meddle


def test_a_password_set_meanwhile_stays_and_the_old_one_signs_nobody_in(
    client: APIClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.MeddlingHasher"]
    alice = User.objects.create_user("alice", password=PASSWORD)
    monkeypatch.setattr(MeddlingHasher, "meddle", True)
    answer = post(client, "alice", password=PASSWORD)
    monkeypatch.setattr(MeddlingHasher, "meddle", False)
    assert answer.status_code == 401
    alice.refresh_from_db()
    assert alice.check_password("set by an administrator")
    assert not alice.check_password(PASSWORD)


def _hash_of(password: str) -> str:
    return MD5PasswordHasher().encode(password, "salt")
