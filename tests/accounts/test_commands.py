import unicodedata
from datetime import timedelta
from io import StringIO
from typing import Any

import jwt
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import ServiceKey, User
from tests.accounts.people import ME, bearer, sign_in

pytestmark = pytest.mark.django_db


def output(*command: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


def test_create_service_key_prints_the_key_alone() -> None:
    key = output("create_service_key", "orders")
    assert key.startswith("bw_")
    assert key.count("\n") == 1
    answer = APIClient().post("/send", headers={"authorization": f"Api-Key {key.strip()}"})
    assert answer.status_code == 200


def test_create_service_key_takes_scopes() -> None:
    output("create_service_key", "w", "--scope", "jobs:write", "--scope", "documents:write")
    assert ServiceKey.objects.get().scopes == ["documents:write", "jobs:write"]
    with pytest.raises(CommandError, match="invalid choice"):
        output("create_service_key", "w", "--scope", "everything")
    with pytest.raises(CommandError, match="expected a name"):
        output("create_service_key", "")


def test_issue_token_prints_one_a_line_in_order(alice: User, bob: User) -> None:
    lines = output("issue_token", "bob", "alice", "bob").splitlines()
    callers = [APIClient().get(ME, headers=bearer(line)).json()["username"] for line in lines]
    assert callers == ["bob", "alice", "bob"]
    assert len(set(lines)) == 3


def test_issue_token_minutes_and_create(db: None) -> None:
    token = output("issue_token", "load-1", "--create", "--minutes", "90").strip()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == timedelta(minutes=90).total_seconds()
    assert APIClient().get(ME, headers=bearer(token)).json()["username"] == "load-1"
    assert not User.objects.get().has_usable_password()


def test_issue_token_issues_all_or_none(alice: User) -> None:
    with pytest.raises(CommandError, match="no such user: nobody"):
        output("issue_token", "alice", "nobody")
    with pytest.raises(CommandError, match="'a b'"):
        output("issue_token", "alice", "a b", "--create")
    for minutes in ("0", "-1", "999999999"):
        with pytest.raises(CommandError, match="--minutes"):
            output("issue_token", "alice", f"--minutes={minutes}")
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="disabled: alice"):
        output("issue_token", "alice")


@pytest.mark.parametrize("spelled", ["Bob", "bob", "BOB", "\uff22ob"])
def test_changepassword_finds_users_as_signing_in_does(
    client: APIClient, monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    User.objects.create_user("Bob", password="the-old-one-1")
    monkeypatch.setattr("getpass.getpass", lambda **_prompt: "the-new-one-1")
    assert "Bob" in output("changepassword", spelled)
    sign_in(client, "Bob", "the-new-one-1")


def test_changepassword_finds_hangul_in_either_form(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "\uae40\ubbfc\uc218"
    User.objects.create_user(name, password="the-old-one-1")
    monkeypatch.setattr("getpass.getpass", lambda **_prompt: "the-new-one-1")
    output("changepassword", unicodedata.normalize("NFD", name))
    sign_in(client, name, "the-new-one-1")


def test_changepassword_of_nobody_or_of_a_name_that_several_have_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("Bob", "bobby"):
        User.objects.create_user(name, password="the-old-one-1")
    # Of an earlier release, which told them apart.
    User.objects.update(username_key="bob", shares_name=True)
    User.objects.filter(username="bobby").update(username="BOB")
    monkeypatch.setattr("getpass.getpass", lambda **_prompt: "the-new-one-1")
    for spelled in ("bob", "nobody"):
        with pytest.raises(CommandError, match="does not exist"):
            output("changepassword", spelled)
    output("changepassword", "BOB")
    changed = {user.username: user.check_password("the-new-one-1") for user in User.objects.all()}
    assert changed == {"Bob": False, "BOB": True}


def test_demo_users_can_sign_in_and_are_made_once(client: APIClient, settings: Settings) -> None:
    settings.DEBUG = True
    output("demo_users")
    User.objects.filter(username="bob").update(first_name="Robert")
    output("demo_users")
    assert User.objects.count() == 4
    assert User.objects.get(username="bob").display_name == "Robert"
    for username in ("alice", "bob", "carol", "admin"):
        sign_in(client, username, "bellwire-demo")
    assert list(User.objects.filter(is_superuser=True).values_list("username")) == [("admin",)]


def test_demo_users_are_never_made_in_production(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        output("demo_users")
    assert not User.objects.exists()
