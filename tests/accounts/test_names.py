"""A user is found by any spelling of the name; and of two who share one, never the other."""

import io
import unicodedata
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.contrib.auth.models import Group
from django.core.checks import run_checks
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.credentials.service_keys import create_service_key
from accounts.models import LoginAttempt, SecurityEvent, ServiceKey, User
from accounts.users import names
from accounts.users.directory import ensure_external_users, user_of_issuer
from realtime.registries import periodic_tasks
from tests.accounts.people import PASSWORD, TOKEN, sign_in
from text.names import key_of

pytestmark = pytest.mark.django_db

MINSU = "김민수"
NFD = unicodedata.normalize("NFD", MINSU)


def a_namesake(username: str, **more: Any) -> User:
    """A user as an earlier release could add one beside another with the same name."""
    return User.objects.create(username=username, shares_name=True, **more)


# --- signing in ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        (MINSU, NFD),
        (NFD, MINSU),
        ("alice", "ALICE"),
        ("Bob", "ｂｏｂ"),
        ("Straße", "STRASSE"),
        ("İpek", "ipek"),
        ("ÖZGE", "o\u0308zge"),
        ("Mary@Example.com", "mary@example.COM"),
        ("가" * 150, unicodedata.normalize("NFD", "가" * 150)),
    ],
)
def test_sign_in_takes_every_spelling(client: APIClient, stored: str, typed: str) -> None:
    user = User.objects.create(username=stored, password=make_password(PASSWORD))
    sign_in(client, typed)
    assert User.objects.get().last_login == user.last_login
    page = client.post(
        "/admin/login/", {"username": typed, "password": "wrong"}, HTTP_ORIGIN="http://testserver"
    )
    assert page.status_code in (200, 403)


def test_sign_in_of_other_names_is_refused(client: APIClient, alice: User) -> None:
    for name in ("alicе", "alice1", "álice", "a lice", "아리스", "x" * 151):
        answer = client.post(TOKEN, {"username": name, "password": PASSWORD})
        assert answer.status_code in (400, 401), name


def test_spellings_of_a_name_share_one_budget(client: APIClient, settings: Settings) -> None:
    settings.BELLWIRE_THROTTLES = True
    User.objects.create_user(MINSU, password=PASSWORD)
    spellings = [MINSU, NFD] * 6
    codes = [
        client.post(TOKEN, {"username": name, "password": "wrong"}).status_code
        for name in spellings
    ]
    assert codes == [401] * 10 + [429] * 2
    assert len(set(LoginAttempt.objects.values_list("key", flat=True))) == 1
    assert set(SecurityEvent.objects.values_list("username", flat=True)) == {MINSU}


def test_browser_is_known_whatever_the_spelling(client: APIClient, settings: Settings) -> None:
    settings.BELLWIRE_THROTTLES = True
    User.objects.create_user(MINSU, password=PASSWORD)
    sign_in(client, NFD)
    client.post(TOKEN, {"username": MINSU, "password": "wrong"})
    assert LoginAttempt.objects.get().device_key != ""


# --- two of one name -----------------------------------------------------------------------------


def test_namesakes_are_found_by_their_exact_spelling_alone(client: APIClient) -> None:
    for name in ("Bob", "bob", MINSU, NFD):
        a_namesake(name, password=make_password(f"{PASSWORD} {name!a}"))
    for name in ("Bob", "bob", MINSU, NFD):
        answer = client.post(
            TOKEN, {"username": name, "password": f"{PASSWORD} {name!a}"}, format="json"
        )
        assert answer.status_code == 200, ascii(name)
        for other in {"Bob", "bob", "BOB", MINSU, NFD} - {name}:
            refused = client.post(
                TOKEN, {"username": other, "password": f"{PASSWORD} {name!a}"}, format="json"
            )
            assert refused.status_code == 401, (ascii(name), ascii(other))
    assert names.find_user("BOB") is None


def test_namesakes_are_reported_and_settled(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = a_namesake("Bob"), a_namesake("bob")
    [warning] = run_checks(databases=["default"], tags=["database"])
    assert warning.id == "accounts.W001"
    assert f"'Bob' (id {one.pk}), 'bob' (id {other.pk})" in warning.msg
    call_command("name_collisions", stdout=(out := io.StringIO()))
    assert f"'bob' (id {other.pk})" in out.getvalue()
    other.username = "robert"
    other.save()
    call_command("name_collisions", stdout=(out := io.StringIO()))
    assert out.getvalue() == "No two users share a name.\n"
    assert not User.objects.filter(shares_name=True).exists()
    assert names.find_user("BOB") == one
    assert run_checks(databases=["default"], tags=["database"]) == []


@pytest.mark.parametrize("inserted", [MINSU, NFD, "Alice"])
def test_user_of_an_earlier_release_signs_in_at_once_and_is_found_soon(
    client: APIClient, inserted: str
) -> None:
    User.objects.create(username=inserted, password=make_password(PASSWORD))
    # The columns that an earlier release does not know have their defaults in the database.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_user SET username = %s, username_key = '', search_text = ''",
            [inserted],
        )
    sign_in(client, inserted)
    assert names.settle_new in [task.work for task in periodic_tasks.registered()]
    names.settle_new()
    user = User.objects.get()
    assert user.username_key == key_of(inserted)
    assert user.search_text
    assert not user.shares_name
    assert names.find_user(inserted.upper()) == user


def test_namesakes_can_be_saved_and_renamed() -> None:
    one, other = a_namesake(MINSU), a_namesake(NFD)
    for user in (one, other):
        user.first_name = "x"
        user.full_clean(exclude=["password"])
        user.save()
    assert names.find_user(NFD) == other
    other.username = "민수"
    other.full_clean(exclude=["password"])
    other.save(update_fields=["username"])
    assert names.find_user(unicodedata.normalize("NFD", "민수")) == other


def test_migration_completes_old_rows_and_reports_namesakes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    User.objects.bulk_create(
        User(username=name, first_name="F", last_name="L", shares_name=True)
        for name in (NFD, "ｃａｒｏｌ", "Bob", "bob", "가\u200b")
    )
    User.objects.update(username_key="", search_text="", shares_name=False)
    migration = import_module("accounts.migrations.0007_names_in_one_form")
    migration._complete(apps, SimpleNamespace(connection=connection))
    assert "'Bob' (id " in capsys.readouterr().err
    rows = User.objects.order_by("pk").values_list("username", "username_key", "shares_name")
    assert list(rows) == [
        (MINSU, MINSU, False),
        ("carol", "carol", False),
        ("Bob", "bob", True),
        ("bob", "bob", True),
        ("가\u200b", "가", False),
    ]
    assert User.objects.earliest("pk").search_text == f"{MINSU}\nf l\nlf\nl f"


# --- adding users --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["BOB", "ｂｏｂ", "bob\u3164"])
def test_nobody_is_added_under_a_name_in_another_spelling(bob: User, name: str) -> None:
    with pytest.raises(ValidationError, match="already exists"):
        User(username=name).full_clean(exclude=["password"])
    with transaction.atomic(), pytest.raises(IntegrityError):
        User.objects.create_user(name)


def test_admin_adds_names_in_one_form(admin_client: Any, bob: User) -> None:
    form = {"usable_password": "false", "password1": "", "password2": ""}
    answer = admin_client.post("/admin/accounts/user/add/", {"username": NFD, **form})
    assert answer.status_code == 302
    assert User.objects.filter(username=MINSU).exists()
    for name in (MINSU, NFD, "BOB", "ＢＯＢ", "\u3164", " "):
        answer = admin_client.post("/admin/accounts/user/add/", {"username": name, **form})
        assert answer.status_code == 200, ascii(name)
        assert answer.context["errors"], ascii(name)


def test_admin_finds_users_and_groups_in_every_spelling(admin_client: Any) -> None:
    User.objects.create_user("özge1", first_name="ÖZGE", last_name="Ünal")
    for term in ("öz", "O\u0308Z", "ünal özge", "özge1"):
        page = admin_client.get("/admin/accounts/user/", {"q": term})
        assert [user.username for user in page.context["cl"].queryset] == ["özge1"], term
    Group.objects.create(name=MINSU)
    answer = admin_client.post("/admin/auth/group/add/", {"name": NFD})
    assert answer.status_code == 200
    page = admin_client.get("/admin/auth/group/", {"q": NFD})
    assert [group.name for group in page.context["cl"].queryset] == [MINSU]


def test_superuser_is_not_added_twice() -> None:
    call_command("createsuperuser", username=NFD, email="", interactive=False)
    assert User.objects.get().username == MINSU
    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", username=MINSU, email="", interactive=False)


def test_issue_token_takes_every_spelling(bob: User) -> None:
    call_command("issue_token", "BOB", "bob", "ｂｏｂ", stdout=(out := io.StringIO()))
    assert len(out.getvalue().split()) == 3
    call_command("issue_token", NFD, MINSU, create=True, stdout=io.StringIO())
    assert User.objects.exclude(pk=bob.pk).get().username == MINSU


def test_users_of_an_issuer_get_names_of_their_own(bob: User) -> None:
    payload = {"preferred_username": "ＢＯＢ", "given_name": "\u3164", "family_name": NFD}
    user = user_of_issuer(subject="x-1", payload=payload)
    assert user.username.startswith("BOB-")
    assert (user.first_name, user.last_name) == ("", MINSU)
    assert user_of_issuer(subject="x-1", payload=payload) == user
    assert user_of_issuer(subject="x-2", payload={"preferred_username": NFD}).username == MINSU
    assert (
        user_of_issuer(subject="x-3", payload={"preferred_username": "\u3164"}).username == "user"
    )


def test_external_ids_are_opaque_and_their_users_names_are_not(bob: User) -> None:
    ids = ensure_external_users(external_ids=["Bob", "bob", MINSU, NFD])
    assert len(set(ids.values())) == 4
    assert len(set(User.objects.values_list("username_key", flat=True))) == 5
    assert names.find_user(MINSU) is not None


# --- service keys --------------------------------------------------------------------------------


def test_service_is_one_in_every_normal_form_and_no_two_differ_by_case() -> None:
    create_service_key(name=MINSU)
    create_service_key(name=NFD)
    create_service_key(name="Billing")
    assert set(ServiceKey.objects.values_list("name", flat=True)) == {MINSU, "Billing"}
    for name in ("billing", "\u3164", " x", ""):
        with pytest.raises(ValueError, match=r"called|expected"):
            create_service_key(name=name)


# --- passwords -----------------------------------------------------------------------------------

FORMS = [unicodedata.normalize(form, "비밀é① 번호") for form in ("NFC", "NFD", "NFKC", "NFKD")]


@pytest.mark.parametrize("typed", FORMS, ids=ascii)
def test_password_is_right_in_every_normal_form(client: APIClient, typed: str) -> None:
    user = User.objects.create_user("alice", password=FORMS[1])
    assert user.check_password(typed)
    user.set_password(FORMS[0])
    assert user.check_password(typed)
    assert not user.check_password(typed + "x")


@pytest.mark.parametrize("hashed", [*FORMS[:3], "樂" + "\uf9bf"], ids=ascii)
def test_password_of_an_earlier_release_is_right_and_hashed_anew(
    client: APIClient, hashed: str
) -> None:
    user = User.objects.create(username="alice", password=make_password(hashed))
    for typed in dict.fromkeys([hashed, unicodedata.normalize("NFC", hashed)]):
        sign_in(client, password=typed)
        user.refresh_from_db()
    one_form = unicodedata.normalize("NFKC", hashed)
    assert MD5PasswordHasher().verify(one_form, user.password)


@pytest.mark.parametrize("password", ["plain", "비밀", FORMS[0]])
def test_wrong_password_costs_as_many_hashes_for_unknown_names(
    client: APIClient, alice: User, settings: Settings, password: str
) -> None:
    settings.PASSWORD_HASHERS = ["tests.accounts.test_names.CountingHasher"]
    alice.set_password(PASSWORD)
    alice.save()
    spent = []
    for name in ("alice", "nobody"):
        CountingHasher.count = 0
        assert client.post(TOKEN, {"username": name, "password": password}).status_code == 401
        spent.append(CountingHasher.count)
    assert spent[0] == spent[1] > 0


class CountingHasher(MD5PasswordHasher):
    """Counts how often it hashes."""

    count = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.count += 1
        return super().encode(password, salt)
