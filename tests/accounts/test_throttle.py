from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import LoginAttempt, User
from accounts.passwords import throttle
from api.errors import ApiError
from tests.accounts.people import PASSWORD, TOKEN, sign_in

pytestmark = pytest.mark.django_db


def guess(client: APIClient, username: str = "alice", address: str = "192.0.2.1") -> int:
    body = {"username": username, "password": "wrong"}
    return client.post(TOKEN, body, REMOTE_ADDR=address).status_code


def test_the_eleventh_guess_of_a_minute_is_429_even_if_it_is_right(
    client: APIClient, alice: User
) -> None:
    assert [guess(client) for _ in range(11)] == [401] * 10 + [429]
    body = {"username": "alice", "password": PASSWORD}
    answer = client.post(TOKEN, body, REMOTE_ADDR="192.0.2.1")
    assert answer.status_code == 429
    assert answer.json()["code"] == "RATE_LIMITED"
    assert 0 < int(answer["Retry-After"]) <= 60


def test_neither_the_refused_nor_the_successful_count(client: APIClient, alice: User) -> None:
    for _ in range(15):
        sign_in(client)
    assert LoginAttempt.objects.count() == 0
    for _ in range(20):
        guess(client)
    assert LoginAttempt.objects.count() == 10


def test_after_a_minute_it_starts_again(client: APIClient, alice: User) -> None:
    for _ in range(10):
        guess(client)
    LoginAttempt.objects.update(at=F("at") - timedelta(seconds=61))
    assert guess(client) == 401


def test_another_address_or_name_is_counted_apart(client: APIClient, alice: User) -> None:
    for _ in range(10):
        guess(client)
    assert guess(client, address="192.0.2.2") == 401
    assert guess(client, username="bob") == 401


def test_writing_the_name_otherwise_gives_no_more_guesses(client: APIClient, alice: User) -> None:
    names = ["alice", "ALICE", "Alice", "ａｌｉｃｅ", "aLICE"] * 2
    assert [guess(client, username=name) for name in names] == [401] * 10
    assert guess(client, username="aliCE") == 429


def test_the_table_names_nobody(client: APIClient, alice: User) -> None:
    guess(client)
    attempt = LoginAttempt.objects.get()
    assert "alice" not in attempt.key
    assert "192.0.2.1" not in attempt.key


def test_without_throttles_nothing_is_counted(
    client: APIClient, alice: User, settings: Settings
) -> None:
    settings.BELLWIRE_THROTTLES = False
    assert [guess(client) for _ in range(15)] == [401] * 15
    assert LoginAttempt.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_see_each_other(at_once: Callable[..., list[Any]]) -> None:
    statuses = at_once(lambda: guess(APIClient()), 20)
    assert set(statuses) == {401, 429}
    # An attempt that was being committed may be overlooked once; a success is ranked again.
    assert statuses.count(401) == LoginAttempt.objects.count() <= 12


@pytest.mark.django_db(transaction=True)
def test_a_right_guess_among_too_many_is_not_answered_with_success(alice: User) -> None:
    late = throttle.begin_attempt(name="alice", address="192.0.2.1")
    assert late is not None
    # Ten that were first, but whose commits the first look has overlooked.
    LoginAttempt.objects.bulk_create(
        LoginAttempt(id=late.pk - number - 1, key=late.key, at=late.at) for number in range(10)
    )
    with pytest.raises(ApiError) as refusal:
        throttle.record_success(late)
    assert refusal.value.status_code == 429
