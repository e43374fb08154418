"""Instances on machines whose clocks differ: one issues, another judges."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.credentials.tickets import issue_ticket, redeem_ticket
from accounts.models import Login, Rotation, Ticket, User
from realtime.database.clock import database_now
from realtime.protocol.principal import CredentialError
from tests.accounts.people import ME, REFRESH, an_access_token, bearer, sign_in
from tests.support.clocks import ClockAhead

pytestmark = pytest.mark.django_db
KEY = django_settings.SIMPLE_JWT["SIGNING_KEY"]


def of_a_clock_ahead(token: str, seconds: float) -> str:
    """The same token, as an instance issues it whose clock is ahead by so much."""
    claims = jwt.decode(token, options={"verify_signature": False})
    later = {name: int(claims[name] + seconds) for name in ("iat", "exp")}
    return jwt.encode({**claims, **later}, KEY, algorithm="HS256")


def status_and_code(token: str) -> tuple[int, str]:
    answer = APIClient().get(ME, headers=bearer(token))
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize("ahead", [2, 8])
def test_a_token_of_an_instance_whose_clock_is_ahead_is_taken(alice: User, ahead: int) -> None:
    assert status_and_code(of_a_clock_ahead(an_access_token(alice), ahead))[0] == 200


def test_a_token_from_far_in_the_future_is_refused(alice: User) -> None:
    assert status_and_code(of_a_clock_ahead(an_access_token(alice), 300)) == (401, "AUTH_ERROR")


def test_a_refresh_token_of_a_clock_ahead_is_taken(client: APIClient, alice: User) -> None:
    token = of_a_clock_ahead(sign_in(client)["refresh"], 5)
    assert APIClient().post(REFRESH, {"refresh": token}).status_code == 200


def test_the_leeway_makes_no_token_live_longer(alice: User) -> None:
    claims = jwt.decode(an_access_token(alice), options={"verify_signature": False})
    late = jwt.encode({**claims, "exp": int(time.time()) - 1}, KEY, algorithm="HS256")
    assert status_and_code(late) == (401, "TOKEN_EXPIRED")


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_a_ticket_lives_30_seconds_of_the_database(
    alice: User, clock_ahead: ClockAhead, ahead: int
) -> None:
    far = timezone.now() + timedelta(days=1)
    ticket = issue_ticket(user=alice, login=None, token_expires_at=far)
    clock_ahead(ahead)
    assert redeem_ticket(ticket=ticket).user == alice
    with pytest.raises(CredentialError):
        redeem_ticket(ticket=ticket)


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_a_ticket_of_an_instance_with_another_clock_lives_as_long(
    alice: User, clock_ahead: ClockAhead, ahead: int
) -> None:
    far = timezone.now() + timedelta(days=1)
    clock_ahead(ahead)
    ticket = issue_ticket(user=alice, login=None, token_expires_at=far)
    left = Ticket.objects.get().expires_at - database_now()
    assert timedelta() < left <= timedelta(seconds=30)
    assert redeem_ticket(ticket=ticket).user == alice


@pytest.mark.django_db(transaction=True)
def test_of_several_who_come_with_one_ticket_at_once_one_is_let_in(
    alice: User, at_once: Callable[..., list[Any]]
) -> None:
    far = timezone.now() + timedelta(days=1)
    for _ in range(5):
        ticket = issue_ticket(user=alice, login=None, token_expires_at=far)
        came = at_once(partial(redeem_ticket, ticket=ticket), 6)
        assert sorted(type(one).__name__ for one in came) == ["CredentialError"] * 5 + ["Ticket"]


def test_a_second_tab_at_an_instance_whose_clock_is_ahead_is_no_thief(
    client: APIClient, alice: User, clock_ahead: ClockAhead
) -> None:
    token = sign_in(client)["refresh"]
    answers: list[Any] = [APIClient().post(REFRESH, {"refresh": token})]
    clock_ahead(60)
    answers.append(APIClient().post(REFRESH, {"refresh": token}))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Login.objects.get().revoked_at is None
    assert Rotation.objects.count() == 1


def test_the_databases_clock_goes_with_the_machines_here() -> None:
    assert abs(database_now() - timezone.now()) < timedelta(minutes=1)
