"""Live connections in the admin: who may see them, and what disconnecting one leaves behind."""

from collections.abc import Iterator, Sequence
from io import StringIO

import orjson
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import Login
from accounts.services import issue_access_tokens
from realtime.cluster import roster
from realtime.cluster.roster import Listed
from realtime.fanout import delivery
from realtime.models import LiveConnection
from realtime.protocol.messages import Publication
from realtime.protocol.principal import Eviction
from tests.accounts.people import ME, bearer
from tests.support.receivers import NoStates

LIST = "/admin/realtime/liveconnection/"
ALICES, BOBS = "a" * 32, "b" * 32
VIEW, DISCONNECT = "view_liveconnection", "disconnect_liveconnection"


class Post(NoStates):
    """Takes commits in place of a process's hub."""

    def __init__(self) -> None:
        self.evictions: list[Eviction] = []

    def enqueue(self, publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
        self.evictions.extend(evictions)


@pytest.fixture
def post(settings: Settings, transactional_db: None) -> Iterator[Post]:
    """This process, with a connection of Alice's and one of Bob's."""
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.REDIS_URLS = []
    connections = [
        Listed(ALICES, 1, "alice", "websocket", "here", 1_750_000_000.0, 1_750_000_060.0),
        Listed(BOBS, 2, "<b>ob</b>", "sse", "here", 1_750_000_000.0, None),
    ]
    post = Post()
    delivery.deliver_to(post)
    roster.set_local_source("here", lambda: connections)
    yield post
    roster.set_local_source("here", None)
    delivery.deliver_to(None)


def staff(*permissions: str) -> Client:
    """Somebody at the admin who may do these things."""
    user = get_user_model().objects.create_user(f"staff-{len(permissions)}", is_staff=True)
    granted = Permission.objects.filter(codename__in=permissions)
    assert len(granted) == len(permissions)
    user.user_permissions.set(granted)
    client = Client(enforce_csrf_checks=False)
    client.force_login(user)
    return client


def disconnect(client: Client, connection_id: str = ALICES) -> int:
    return client.post(f"{LIST}{connection_id}/disconnect/").status_code


def test_everything_is_shown(post: Post) -> None:
    text = staff(VIEW, DISCONNECT).get(LIST).content.decode()
    for shown in ("alice", "websocket", "here (this one)", "2025-06-15 15:06:40", "15:07:40"):
        assert shown in text
    assert "&lt;b&gt;ob&lt;/b&gt;" in text
    assert f"{LIST}{ALICES}/disconnect/" in text
    assert "Redis is away" not in text


def test_it_is_searched(post: Post) -> None:
    text = staff(VIEW).get(LIST, {"q": "alic"}).content.decode()
    assert ALICES in text
    assert BOBS not in text


def test_one_is_disconnected_after_being_asked(post: Post) -> None:
    client = staff(VIEW, DISCONNECT)
    asked = client.get(f"{LIST}{ALICES}/disconnect/")
    assert "Disconnect <strong>alice</strong>" in asked.content.decode()
    assert post.evictions == []

    answer = client.post(f"{LIST}{ALICES}/disconnect/", follow=True)

    assert answer.redirect_chain == [(LIST, 302)]
    assert "Disconnecting alice;" in answer.content.decode()
    assert post.evictions == [Eviction(1, connection_id=ALICES)]
    entry = LogEntry.objects.get()
    assert entry.object_id == ALICES
    assert entry.content_type == ContentType.objects.get_for_model(LiveConnection)
    assert entry.get_change_message() == "Disconnected: websocket of alice on here."
    assert client.get("/admin/").status_code == 200  # which lists what was done last


def test_the_credential_ends_with_the_connection(post: Post) -> None:
    user = get_user_model().objects.create_user("alice")
    [token] = issue_access_tokens(users=[user])
    login = Login.objects.get(user=user)
    one = Listed(ALICES, user.pk, "alice", "sse", "here", 0.0, None, login_id=str(login.pk))
    roster.set_local_source("here", lambda: [one])
    client = staff(VIEW, DISCONNECT)
    asked = client.get(f"{LIST}{ALICES}/disconnect/").content.decode()
    assert "alice has to sign in" in asked
    assert disconnect(client) == 302
    assert Eviction(user.pk, login_id=str(login.pk)) in post.evictions
    assert Client().get(ME, headers=bearer(token)).status_code == 401


def test_of_another_issuers_user_all_tokens_end(post: Post) -> None:
    user = get_user_model().objects.create_user("alice")
    roster.set_local_source(
        "here", lambda: [Listed(ALICES, user.pk, "alice", "sse", "here", 0.0, None, login_id="")]
    )
    client = staff(VIEW, DISCONNECT)
    assert "another issuer" in client.get(f"{LIST}{ALICES}/disconnect/").content.decode()
    assert disconnect(client) == 302
    user.refresh_from_db()
    assert user.tokens_valid_after is not None
    assert Eviction(user.pk, login_id="") in post.evictions


def test_one_that_has_gone_is_said_to_be_gone(post: Post) -> None:
    client = staff(VIEW, DISCONNECT)
    for ask in (client.get, client.post):
        text = ask(f"{LIST}{'c' * 32}/disconnect/", follow=True).content.decode()
        assert "has ended already" in text
    assert post.evictions == []
    assert not LogEntry.objects.exists()


def test_who_may_only_look_has_no_button(post: Post) -> None:
    client = staff(VIEW)
    text = client.get(LIST).content.decode()
    assert ALICES in text
    assert "/disconnect/" not in text
    assert client.get(f"{LIST}{ALICES}/disconnect/").status_code == 403
    assert disconnect(client) == 403
    assert post.evictions == []


@pytest.mark.parametrize("permissions", [(), (DISCONNECT,)])
def test_who_may_not_look_sees_nothing(post: Post, permissions: tuple[str, ...]) -> None:
    client = staff(*permissions)
    assert client.get(LIST).status_code == 403
    assert disconnect(client) == 403
    assert post.evictions == []
    if not permissions:
        assert "Live connections" not in client.get("/admin/").content.decode()


def test_who_is_no_staff_is_asked_to_sign_in(post: Post) -> None:
    client = Client()
    assert client.get(LIST).headers["Location"].startswith("/admin/login/")
    assert disconnect(client) == 302
    assert post.evictions == []


def test_another_sites_page_cannot_press_the_button(post: Post) -> None:
    client = staff(VIEW, DISCONNECT)
    client.handler.enforce_csrf_checks = True
    assert disconnect(client) == 403
    assert post.evictions == []


@pytest.mark.parametrize("path", [f"{LIST}add/", f"{LIST}{ALICES}/", f"{LIST}{ALICES}/change/"])
def test_there_are_no_pages_of_a_table(post: Post, path: str) -> None:
    client = staff(VIEW, DISCONNECT)
    assert client.get(path).status_code == 404


def test_while_redis_is_away_the_page_says_what_is_missing(post: Post, settings: Settings) -> None:
    settings.REDIS_URLS = ["redis://127.0.0.1:1"]
    text = staff(VIEW).get(LIST).content.decode()
    assert "Redis is away: only what is connected to this instance (here) is shown" in text
    assert ALICES in text


def test_a_backup_of_all_rows_does_not_look_for_a_table(post: Post) -> None:
    out = StringIO()
    call_command("dumpdata", "realtime", stdout=out)
    assert {row["model"] for row in orjson.loads(out.getvalue())} <= {"realtime.epoch"}
