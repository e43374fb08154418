"""The admin in the language and time zone of whoever reads it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils.functional import Promise
from pytest_django import Settings

from accounts.credentials.service_keys import create_service_key
from accounts.models import Login, User
from accounts.services import issue_access_tokens
from accounts.users.profile import set_locale
from chat.rooms import services as rooms
from chat.rooms.models import Kind
from config.labels import APPS
from notifications import types
from notifications.models import Batch, Notification
from notifications.services import Content, RecipientKind, Recipients, broadcast, send
from realtime.cluster import roster
from realtime.cluster.roster import Listed
from realtime.fanout import delivery
from tests.support.events import Nobody
from tools import messages

pytestmark = pytest.mark.django_db
NAME = "kim"


@pytest.fixture(autouse=True)
def _surroundings(settings: Settings, epoch: None) -> Iterator[None]:
    settings.ALLOWED_HOSTS = ["testserver"]
    delivery.deliver_to(Nobody())
    yield
    delivery.deliver_to(None)
    roster.set_local_source("here", None)


@pytest.fixture
def kim() -> User:
    return User.objects.create_superuser(NAME)


@pytest.fixture
def desk(kim: User) -> Client:
    client = Client()
    client.force_login(kim)
    return client


@pytest.fixture
def filled(kim: User) -> None:
    """Something of everything that a list may show."""
    issue_access_tokens(users=[kim])
    create_service_key(name="123", scopes=["jobs:write"])
    send(
        sender="service:1",
        to=Recipients(RecipientKind.USER_ID, [kim.pk]),
        content=Content(type="SYSTEM", message="1"),
    )
    broadcast(sender="service:1", content=Content(type="announcement", message="2"))
    room = rooms.create_room(user_id=kim.pk, name="1", kind=Kind.GROUP)
    rooms.post_message(user_id=kim.pk, room_id=room.pk, content="2")
    one = Listed("a" * 32, kim.pk, NAME, "sse", "1", 0.0, None, login_id="1")
    roster.set_local_source("1", lambda: [one])


def pages() -> list[str]:
    found = [reverse("admin:index"), "/admin/password_change/"]
    for model in admin.site._registry:
        options = model._meta
        found.append(reverse(f"admin:{options.app_label}_{options.model_name}_changelist"))
    return [
        *found,
        reverse("admin:notifications_notification_send"),
        reverse("admin:notifications_notification_charts"),
        reverse("admin:accounts_servicekey_add"),
        reverse("admin:chat_document_add"),
        reverse("admin:realtime_liveconnection_disconnect", args=["a" * 32]),
    ]


def words(html: str) -> str:
    """What a person reads of a page."""
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    shown = re.findall(r'(?:title|alt|placeholder|aria-label)="([^"]*)"', html)
    return " ".join([re.sub(r"<[^>]*>", "\n", html), *shown])


def texts_of(page: str) -> list[str]:
    return [line.strip() for line in page.split("\n") if line.strip()]


def ours() -> set[str]:
    """The English texts of the catalogue that Korean says otherwise."""
    catalog = messages.read(messages.catalogues()["ko"])
    said = {one.id for one in catalog if isinstance(one.id, str) and one.id != one.string}
    # Names of types are codes, which senders write.
    return said - {"", *types.registered()}


def test_no_page_has_an_english_text_of_ours(desk: Client, kim: User, filled: None) -> None:
    set_locale(user_id=kim.pk, wanted={"language": "ko", "time_zone": "Asia/Seoul"})
    english = ours()
    left = {}
    for path in pages():
        answer = desk.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Content-Language"] == "ko"
        html = answer.content.decode()
        assert '<html lang="ko"' in html
        assert "Asia/Seoul 시간대(UTC+0900)" in html, path
        if found := english & set(texts_of(words(html))):
            left[path] = found
    assert left == {}


def test_labels_of_models_are_translatable() -> None:
    for model in admin.site._registry:
        if model._meta.app_label in APPS:
            assert isinstance(model._meta.verbose_name, Promise), model
            for field in model._meta.fields:
                # Of its own accord Django calls the key "ID", which is that in every language.
                assert field.auto_created or isinstance(field.verbose_name, Promise), field


@pytest.mark.parametrize(
    ("account", "browser", "wanted"),
    [("ko", "en-US", "ko"), ("en", "ko-KR", "en"), ("", "ko-KR,ko;q=0.9", "ko"), ("", "fr", "en")],
)
def test_the_accounts_language_comes_before_the_browsers(
    desk: Client, kim: User, account: str, browser: str, wanted: str
) -> None:
    User.objects.filter(pk=kim.pk).update(language=account)
    answer = desk.get("/admin/", headers={"accept-language": browser})
    assert answer.headers["Content-Language"] == wanted
    assert ("실시간 연결" in answer.content.decode()) == (wanted == "ko")


def test_the_sign_in_page_is_in_the_browsers_language() -> None:
    page = Client().get("/admin/login/", headers={"accept-language": "ko"}).content.decode()
    assert "비밀번호" in page
    assert "모든 시각은 UTC" in page


def test_what_is_no_page_of_the_admin_stays_english(desk: Client) -> None:
    answer = desk.get("/api/v1/auth/me", headers={"accept-language": "ko"})
    assert answer.json()["message"] == "Authentication failed"
    assert "Content-Language" not in answer.headers


@pytest.mark.parametrize(
    ("zone", "shown", "said"),
    [
        ("", "2026-01-31 12:00", "All times are in UTC."),
        ("Asia/Seoul", "2026-01-31 21:00", "Asia/Seoul (UTC+0900)"),
        ("America/New_York", "2026-01-31 07:00", "America/New_York (UTC-0500)"),
        ("Mars/Base", "2026-01-31 12:00", "All times are in UTC."),
    ],
)
def test_times_are_in_the_readers_zone_which_the_page_names(
    desk: Client, kim: User, zone: str, shown: str, said: str
) -> None:
    User.objects.filter(pk=kim.pk).update(time_zone=zone)
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    send(
        sender="service:1",
        to=Recipients(RecipientKind.USER_ID, [kim.pk]),
        content=Content(type="SYSTEM", message="1"),
    )
    Batch.objects.update(created_at=at)
    Notification.objects.update(created_at=at)
    for path in ("/admin/notifications/batch/", "/admin/notifications/notification/"):
        page = desk.get(path).content.decode()
        assert shown in page
        assert said in page


def test_a_sign_in_is_named_by_the_readers_time(desk: Client, kim: User) -> None:
    issue_access_tokens(users=[kim])
    Login.objects.update(created_at=datetime(2026, 1, 31, 23, tzinfo=UTC))
    set_locale(user_id=kim.pk, wanted={"time_zone": "Asia/Seoul"})
    login = Login.objects.get()
    page = desk.get(reverse("admin:accounts_login_change", args=[login.pk])).content.decode()
    assert "2026-02-01 08:00" in page
