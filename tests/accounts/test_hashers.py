"""How passwords are hashed, those of older releases, and what a name that nobody has costs."""

from collections.abc import Iterator

import pytest
from django.conf import settings as project
from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    MD5PasswordHasher,
    PBKDF2PasswordHasher,
    get_hasher,
    identify_hasher,
    make_password,
)
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import EventKind, Login, SecurityEvent, User
from tests.accounts.people import PASSWORD, TOKEN

pytestmark = pytest.mark.django_db

CONFIGURED = list(project.PASSWORD_HASHERS)


class OldHasher(PBKDF2PasswordHasher):
    """As an older release has hashed; counts how often it did."""

    iterations = 1
    hashed: list[str] = []

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        self.hashed.append(password)
        return super().encode(password, salt, iterations)


class NewHasher(MD5PasswordHasher):
    """As is hashed now; the same."""

    algorithm = "new"
    hashed: list[str] = []

    def encode(self, password: str, salt: str) -> str:
        self.hashed.append(password)
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def hashers(settings: Settings) -> Iterator[None]:
    settings.PASSWORD_HASHERS = [f"{__name__}.NewHasher", f"{__name__}.OldHasher"]
    yield
    OldHasher.hashed.clear()
    NewHasher.hashed.clear()


def old_account(name: str) -> User:
    return User.objects.create(username=name, password=OldHasher().encode(PASSWORD, "salt"))


def post(name: str, password: str = "wrong") -> int:
    """The status of a sign-in. Only what it hashed is remembered."""
    OldHasher.hashed.clear()
    NewHasher.hashed.clear()
    body = {"username": name, "password": password}
    return APIClient().post(TOKEN, body).status_code


def test_passwords_are_hashed_with_argon2id_of_one_thread(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = CONFIGURED
    hasher = identify_hasher(make_password(PASSWORD))
    assert isinstance(hasher, Argon2PasswordHasher)
    parameters = hasher.params()
    assert parameters.type.name == "ID"
    assert (parameters.memory_cost, parameters.time_cost) == (19 * 1024, 2)
    assert parameters.parallelism == 1


@pytest.mark.once
@pytest.mark.parametrize("algorithm", ["argon2", "pbkdf2_sha256", "pbkdf2_sha1", "scrypt"])
def test_what_django_has_hashed_is_accepted(settings: Settings, algorithm: str) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        *CONFIGURED[1:],
    ]
    encoded = make_password(PASSWORD, hasher=algorithm)
    settings.PASSWORD_HASHERS = CONFIGURED
    user = User.objects.create(username="alice", password=encoded)

    assert user.check_password(PASSWORD)

    user.refresh_from_db()
    assert not get_hasher("default").must_update(user.password)
    assert user.check_password(PASSWORD)


def test_old_password_is_hashed_anew_and_ends_no_sign_in() -> None:
    user = old_account("alice")
    elsewhere = Login.objects.create(
        user=user, created_at=user.date_joined, expires_at=user.date_joined
    )

    assert post("alice", PASSWORD) == 200

    user.refresh_from_db()
    assert user.password.startswith("new$")
    elsewhere.refresh_from_db()
    assert elsewhere.revoked_at is None
    assert not SecurityEvent.objects.filter(kind=EventKind.REVOKED).exists()
    assert post("alice", PASSWORD) == 200
    assert OldHasher.hashed == []


def test_wrong_password_of_an_old_account_is_not_hashed_anew() -> None:
    user = old_account("alice")
    assert post("alice") == 401
    user.refresh_from_db()
    assert user.password.startswith("pbkdf2_sha256$")


def test_two_sign_ins_that_hash_anew_at_once_are_both_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second has read the old hash, and finds the new one of the first when it writes."""
    old_account("alice")
    encode = NewHasher.encode
    others: list[int] = []

    def encode_after_another(self: NewHasher, password: str, salt: str) -> str:
        monkeypatch.setattr(NewHasher, "encode", encode)
        others.append(post("alice", PASSWORD))
        return encode(self, password, salt)

    monkeypatch.setattr(NewHasher, "encode", encode_after_another)

    assert post("alice", PASSWORD) == 200
    assert others == [200]


@pytest.mark.parametrize("old", [True, False])
def test_unknown_name_costs_what_the_accounts_cost(old: bool) -> None:
    for number in range(5):
        if old:
            old_account(f"person{number}")
        else:
            User.objects.create_user(f"person{number}", password=PASSWORD)

    for name in ("person3", "nobody", "somebody"):
        assert post(name) == 401
        assert (OldHasher.hashed, NewHasher.hashed) == ((["wrong"], []) if old else ([], ["wrong"]))


def test_unknown_names_cost_different_things_where_accounts_do_and_each_the_same() -> None:
    for number in range(10):
        old_account(f"old{number}")
        User.objects.create_user(f"new{number}", password=PASSWORD)
    names = [f"nobody{number}" for number in range(40)]

    def are_old() -> list[bool]:
        found = []
        for name in names:
            post(name)
            assert len(OldHasher.hashed) + len(NewHasher.hashed) == 1
            found.append(bool(OldHasher.hashed))
        return found

    first = are_old()
    assert set(first) == {True, False}
    assert are_old() == first


@pytest.mark.parametrize("password", ["", "!", "no hash"])
def test_account_without_a_password_costs_one_hash(password: str) -> None:
    User.objects.create(username="alice", password=password)
    for name in ("alice", "nobody"):
        assert post(name) == 401
        assert len(NewHasher.hashed) == 1


def test_name_costs_a_hash_where_there_is_no_account() -> None:
    assert post("nobody") == 401
    assert len(NewHasher.hashed) == 1


def test_right_password_of_another_account_signs_nobody_in() -> None:
    """An unknown name is compared with somebody's password."""
    User.objects.create_user("alice", password=PASSWORD)
    assert post("nobody", PASSWORD) == 401
