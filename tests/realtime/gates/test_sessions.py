"""`SessionGate`: Django's own sessions open connections."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import Settings

from realtime import CredentialError, Principal, SessionGate

pytestmark = pytest.mark.django_db

gate = SessionGate()


@pytest.fixture
def client() -> Client:
    """Somebody who has signed in."""
    user = get_user_model().objects.create_user("trader", password="a-long-password")
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def scope(client: Client | None = None, **headers: str) -> dict[str, Any]:
    """What a server gives the application for a WebSocket handshake."""
    sent = {"host": "ticker.example", **headers}
    if client is not None:
        name = django_settings.SESSION_COOKIE_NAME
        sent["cookie"] = f"theme=dark; {name}={client.cookies[name].value}"
    pairs = [(name.encode(), value.encode()) for name, value in sent.items()]
    return {"type": "websocket", "headers": pairs, "client": ("192.0.2.1", 5000)}


def admitted(client: Client) -> Principal:
    return gate.admit(scope(client))


def test_session_admits_its_user(client: Client) -> None:
    principal = admitted(client)
    assert principal.username == "trader"
    assert principal.user_id == int(client.session["_auth_user_id"])
    assert gate.revoked([principal]) == set()


def test_fingerprint_is_of_the_session(client: Client) -> None:
    assert gate.fingerprint(scope(client)) == gate.fingerprint(scope(client, foo="bar")) != ""
    assert gate.fingerprint(scope()) == ""


@pytest.mark.parametrize("cookie", ["", "sessionid=unknown", "sessionid=", "\x00", "a" * 10_000])
def test_other_cookies_are_refused(cookie: str) -> None:
    with pytest.raises(CredentialError, match="Sign in first"):
        gate.admit(scope(cookie=cookie))


def test_pages_of_this_host_and_of_allowed_origins_may_connect(
    client: Client, settings: Settings
) -> None:
    settings.BELLWIRE_ALLOWED_ORIGINS = ["https://shop.example"]
    for origin in ("https://ticker.example", "https://shop.example"):
        assert gate.admit(scope(client, origin=origin)).username == "trader"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://ticker.example.evil.example"]
)
def test_pages_of_other_origins_are_refused(client: Client, origin: str) -> None:
    with pytest.raises(CredentialError, match="origin"):
        gate.admit(scope(client, origin=origin))
    assert gate.fingerprint(scope(client, origin=origin)) == ""


@pytest.mark.parametrize("way", ["sign out", "disable", "new password"])
def test_connection_ends_with_the_session(client: Client, way: str) -> None:
    principal = admitted(client)
    user = get_user_model().objects.get(pk=principal.user_id)
    if way == "sign out":
        client.logout()
    elif way == "disable":
        user.is_active = False
        user.save()
    else:
        user.set_password("another-long-password")
        user.save()
    assert gate.revoked([principal]) == {principal}


def test_tokens_are_refused(client: Client) -> None:
    with pytest.raises(CredentialError):
        gate.admit_token("anything")
    with pytest.raises(CredentialError):
        gate.renew(admitted(client), "anything")
