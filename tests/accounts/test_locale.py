"""Language and time zone of an account: who sets them, what is taken, and what overwrites what."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.users import directory, profile
from accounts.users.locale import language_accepted, language_named, time_zone_named
from accounts.users.profile import Locale
from tests.accounts.people import ME, PASSWORD, TOKEN, an_access_token, bearer

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(alice: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {an_access_token(alice)}")
    return client


def locale_of(client: APIClient) -> tuple[Any, Any]:
    said = client.get(ME).json()
    return said["language"], said["time_zone"]


# --- what is understood ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ko", "ko"),
        ("ko-KR", "ko"),
        ("ko_KR", "ko"),
        ("KO-kr", "ko"),
        ("ko-Kore-KR", "ko"),
        ("en-US", "en"),
        ("en-GB-oxendict", "en"),
        ("fr", ""),
        ("kok", ""),
        ("", ""),
        ("-", ""),
        ("../../etc", ""),
        ("한국어", ""),
        ("ko" * 400, ""),
        (7, ""),
        (None, ""),
    ],
)
def test_a_tag_is_reduced_to_a_supported_language(tag: Any, language: str) -> None:
    assert language_named(tag) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("fr-FR,fr;q=0.9,ko;q=0.5,en;q=0.4", "ko"),
        ("en;q=0.1, ko;q=0.9", "ko"),
        ("*", ""),
        ("fr", ""),
        ("", ""),
        (";;;,,q=", ""),
        ("ko;q=banana", ""),
        ("x," * 10_000, ""),
    ],
)
def test_the_header_of_a_browser_names_the_language_it_prefers(header: str, language: str) -> None:
    assert language_accepted(header) == language


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Asia/Seoul", "Asia/Seoul"),
        ("asia/seoul", "Asia/Seoul"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("America/Argentina/ComodRivadavia", "America/Argentina/ComodRivadavia"),
        ("UTC", "UTC"),
        ("Asia", ""),
        ("Asia/Atlantis", ""),
        ("../../../etc/passwd", ""),
        ("/etc/localtime", ""),
        ("Asia/Seoul\0", ""),
        ("+09:00", ""),
        ("", ""),
        (9, ""),
        (None, ""),
    ],
)
def test_a_time_zone_is_one_of_the_iana_database(name: Any, zone: str) -> None:
    assert time_zone_named(name) == zone


# --- by hand --------------------------------------------------------------------------------------


def test_a_user_sets_either_or_both_and_reads_them(me: APIClient) -> None:
    assert locale_of(me) == (None, None)
    answer = me.patch(ME, {"language": "ko-KR"})
    assert (answer.status_code, answer.json()["language"]) == (200, "ko")
    assert locale_of(me) == ("ko", None)
    assert me.patch(ME, {"time_zone": "Asia/Seoul"}).json()["time_zone"] == "Asia/Seoul"
    assert locale_of(me) == ("ko", "Asia/Seoul")
    me.patch(ME, {"language": "en", "time_zone": "Europe/Berlin"})
    assert locale_of(me) == ("en", "Europe/Berlin")
    assert me.patch(ME, {}).status_code == 200
    assert locale_of(me) == ("en", "Europe/Berlin")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "fr"}, "language"),
        ({"language": ""}, "language"),
        ({"language": None}, "language"),
        ({"language": ["ko"]}, "language"),
        ({"time_zone": "Asia/Atlantis"}, "time_zone"),
        ({"time_zone": "KST+9"}, "time_zone"),
        ({"time_zone": None}, "time_zone"),
        ({"language": "ko", "time_zone": "x" * 5_000}, "time_zone"),
        ({"language": "ko", "timezone": "Asia/Seoul"}, "timezone"),
        ({"is_staff": True}, "is_staff"),
        ({"username": "root", "language": "ko"}, "username"),
    ],
)
def test_what_is_not_supported_is_named_and_nothing_is_changed(
    me: APIClient, body: dict[str, Any], field: str
) -> None:
    answer = me.patch(ME, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID"
    assert set(answer.json()["errors"]) == {field}
    assert locale_of(me) == (None, None)


@pytest.mark.parametrize("body", [[], "ko", 7])
def test_a_body_that_is_no_object_is_refused(me: APIClient, body: Any) -> None:
    assert me.patch(ME, body).status_code == 400


def test_a_stranger_changes_nobodys(client: APIClient) -> None:
    assert client.patch(ME, {"language": "ko"}).status_code == 401


def test_a_save_of_an_object_read_before_takes_nothing_back(me: APIClient, alice: User) -> None:
    stale = User.objects.get(pk=alice.pk)
    me.patch(ME, {"language": "ko", "time_zone": "Asia/Seoul"})
    stale.first_name = "Alicia"
    stale.save()
    assert locale_of(me) == ("ko", "Asia/Seoul")


def test_of_two_changes_at_once_both_hold(alice: User, at_once: Callable[..., list[Any]]) -> None:
    wishes = iter([{"language": "ko"}, {"time_zone": "Asia/Seoul"}])
    reported: list[Locale] = []
    profile.on_locale_changed(lambda _, locale: reported.append(locale))
    try:
        at_once(lambda: profile.set_locale(user_id=alice.pk, wanted=next(wishes)), 2)
    finally:
        profile._listeners.pop()
    alice.refresh_from_db()
    assert Locale(alice.language, alice.time_zone) == Locale("ko", "Asia/Seoul")
    assert reported[-1] == Locale("ko", "Asia/Seoul"), "the last one told is what holds"


def test_setting_what_is_set_tells_nobody(alice: User) -> None:
    profile.set_locale(user_id=alice.pk, wanted={"language": "ko"})
    reported: list[Locale] = []
    profile.on_locale_changed(lambda _, locale: reported.append(locale))
    try:
        profile.set_locale(user_id=alice.pk, wanted={"language": "ko"})
    finally:
        profile._listeners.pop()
    assert reported == []


# --- from the browser -----------------------------------------------------------------------------


def signs_in(language: Any = None, header: str = "", **hints: Any) -> None:
    body = {"username": "alice", "password": PASSWORD, **hints}
    if language is not None:
        body["language"] = language
    headers = {"accept-language": header} if header else {}
    answer = APIClient().post(TOKEN, body, headers=headers)
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize(
    ("language", "header", "wanted"),
    [
        ("ko-KR", "en-US", "ko"),
        (None, "ko-KR,ko;q=0.9", "ko"),
        ("fr", "ko-KR,ko;q=0.9", "ko"),
        ({"a": 1}, "ko", "ko"),
        (None, "fr", None),
        (None, "", None),
    ],
)
def test_the_first_sign_in_keeps_what_the_browser_says(
    me: APIClient, language: Any, header: str, wanted: str | None
) -> None:
    signs_in(language, header)
    assert locale_of(me) == (wanted, None)


@pytest.mark.parametrize(
    ("zone", "wanted"),
    [("Asia/Seoul", "Asia/Seoul"), ("Mars/Base", None), (["x"], None), ("x" * 9_000, None)],
)
def test_a_zone_that_is_none_is_passed_over(me: APIClient, zone: Any, wanted: str | None) -> None:
    signs_in("ko", time_zone=zone)
    assert locale_of(me) == ("ko", wanted)


def test_a_later_sign_in_of_another_browser_changes_nothing(me: APIClient) -> None:
    me.patch(ME, {"language": "ko"})
    signs_in("en-US", "en-US", time_zone="Asia/Seoul")
    assert locale_of(me) == ("ko", "Asia/Seoul")
    signs_in("en-US", "en-US", time_zone="Europe/Berlin")
    assert locale_of(me) == ("ko", "Asia/Seoul")


# --- from the issuer ------------------------------------------------------------------------------


def comes(subject: str = "sub-1", language: str = "", **claims: Any) -> tuple[str, str]:
    user = directory.user_of_issuer(subject=subject, payload=claims, language=language)
    user.refresh_from_db()
    return user.language, user.time_zone


@pytest.mark.parametrize(
    ("claims", "wanted"),
    [
        ({"locale": "ko-KR", "zoneinfo": "Asia/Seoul"}, ("ko", "Asia/Seoul")),
        ({"locale": "ko_KR"}, ("ko", "")),
        ({"locale": "fr", "zoneinfo": "nowhere"}, ("", "")),
        ({"locale": 7, "zoneinfo": {"x": 1}}, ("", "")),
        ({"locale": ["ko"], "zoneinfo": "Europe/Berlin"}, ("", "Europe/Berlin")),
        ({}, ("", "")),
    ],
)
def test_an_issuers_claims_are_taken_when_its_user_is_made(
    claims: dict[str, Any], wanted: tuple[str, str]
) -> None:
    assert comes(**claims) == wanted


def test_claims_are_taken_when_a_user_that_a_service_made_comes_first() -> None:
    directory.ensure_external_users(external_ids=["sub-9"])
    assert comes("sub-9", locale="ko", zoneinfo="Asia/Seoul") == ("ko", "Asia/Seoul")


def test_claims_never_overwrite_what_the_user_has_set() -> None:
    user = directory.user_of_issuer(subject="sub-1", payload={"locale": "en"})
    profile.set_locale(user_id=user.pk, wanted={"language": "ko"})
    assert comes(locale="en", zoneinfo="Europe/Berlin") == ("ko", "Europe/Berlin")
    profile.set_locale(user_id=user.pk, wanted={"time_zone": "Asia/Seoul"})
    assert comes(locale="en", zoneinfo="Europe/Berlin") == ("ko", "Asia/Seoul")


def test_what_a_user_sets_while_a_token_is_looked_at_holds(alice: User) -> None:
    stale = User.objects.get(pk=alice.pk)
    profile.set_locale(user_id=alice.pk, wanted={"language": "ko"})
    profile.fill_locale(stale, Locale("en", "Asia/Seoul"))
    alice.refresh_from_db()
    assert (alice.language, alice.time_zone) == ("ko", "Asia/Seoul")
    assert stale.language == "ko"


def test_without_a_claim_the_client_says_the_language() -> None:
    assert comes("sub-1", "ko") == ("ko", "")
    assert comes("sub-2", "ko", locale="en") == ("en", "")


def test_a_user_of_whom_all_is_known_costs_no_further_statement(
    alice: User, django_assert_num_queries: Any
) -> None:
    comes("sub-1", locale="ko", zoneinfo="Asia/Seoul")
    with django_assert_num_queries(1):
        directory.user_of_issuer(subject="sub-1", payload={"locale": "en", "zoneinfo": "UTC"})


def test_a_changed_language_is_read_by_the_next_request(me: APIClient, alice: User) -> None:
    profile.set_locale(user_id=alice.pk, wanted={"language": "ko"})
    token = an_access_token(alice)
    assert APIClient().get(ME, headers=bearer(token)).json()["language"] == "ko"
