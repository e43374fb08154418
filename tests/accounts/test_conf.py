"""Every limit of accounts is a setting, also those that earlier releases only promised."""

from datetime import timedelta

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.conf import AccountsSettings, conf
from accounts.credentials import tokens
from accounts.models import Ticket, User
from env_settings import load_all, settings_of
from realtime import CredentialError, database_now
from tests.accounts.people import TICKET, an_access_token, bearer


@pytest.mark.parametrize("name", [one.field for one in settings_of(AccountsSettings)])
def test_limit_of_accounts_can_be_overridden(name: str, settings: Settings) -> None:
    known = {one.field: one for one in settings_of(AccountsSettings)}
    setattr(settings, known[name].project_name, 7)
    assert getattr(conf(), name) == 7


def test_limit_of_accounts_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLWIRE_TICKET_S", "7")
    load_all(conf)
    try:
        assert conf().ticket_s == 7
    finally:
        monkeypatch.undo()
        load_all(conf)


def test_lifetime_of_a_ticket_is_a_setting(alice: User, settings: Settings) -> None:
    settings.BELLWIRE_TICKET_S = 7
    answer = APIClient().post(TICKET, headers=bearer(an_access_token(alice)))
    assert answer.json()["expires_in"] == 7
    lifetime = Ticket.objects.get().expires_at - database_now()
    assert lifetime <= timedelta(seconds=7)


def test_longest_token_is_a_setting(alice: User, settings: Settings) -> None:
    token = an_access_token(alice)
    assert tokens.algorithm_of(token) == "HS256"
    settings.BELLWIRE_MAX_TOKEN_CHARS = len(token) - 1
    with pytest.raises(CredentialError):
        tokens.algorithm_of(token)
