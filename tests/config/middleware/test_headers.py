"""What browsers and caches may do with answers: headers of every kind of them."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import issue_access_tokens
from config.openapi import document

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PERSONAL = (
    "/api/v1/notifications",
    "/notification/api/v1/notifications",
    "/api/v1/rooms",
    "/api/v1/chat/conversations",
    "/api/v1/jobs",
    "/api/v1/auth/me",
)


@pytest.fixture(autouse=True)
def _host(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def alice() -> User:
    user = User(username="alice", password="", is_staff=True)
    user.save()
    return user


@pytest.mark.parametrize("path", PERSONAL)
@pytest.mark.parametrize("token", ["good", "bad"])
def test_no_cache_keeps_an_answer_that_depends_on_a_credential(
    alice: User, path: str, token: str
) -> None:
    text = issue_access_tokens(users=[alice])[0] if token == "good" else "bad"
    answer = APIClient().get(path, headers={"authorization": f"Bearer {text}"})
    assert answer.status_code == (200 if token == "good" else 401)
    assert "no-store" in answer.headers["Cache-Control"]
    assert "public" not in answer.headers["Cache-Control"]
    if "auth" not in path:
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert {"Authorization", "Cookie"} <= set(answer.headers["Vary"].split(", "))


@pytest.mark.parametrize(
    "path", ["/api/v1/notifications/0/read", "/api/v1/nothing", "/healthz", "/metrics"]
)
def test_what_is_no_page_may_do_nothing_in_a_browser(path: str) -> None:
    answer = APIClient().get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/login/", "/admin/nothing/", "/admin/accounts/user/", "/api/docs/"]
)
@pytest.mark.parametrize("signed_in", [False, True])
def test_pages_run_only_scripts_of_ours(alice: User, path: str, signed_in: bool) -> None:
    browser = Client()
    if signed_in:
        browser.force_login(alice)
    policy = browser.get(path).headers["Content-Security-Policy"]
    rules = {name: sources for name, *sources in (part.split() for part in policy.split(";"))}
    assert rules.get("script-src", rules["default-src"]) == ["'self'"]
    assert rules["frame-ancestors"] == rules["base-uri"] == ["'none'"]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one entry whenever the schema is generated, beginning without a schema."""
    made: list[str] = []

    class Counted(document.CasedGenerator):
        def get_schema(self, *args: Any, **kwargs: Any) -> Any:
            made.append("schema")
            return super().get_schema(*args, **kwargs)  # type: ignore[no-untyped-call]

    monkeypatch.setattr("config.openapi.document.CasedGenerator", Counted)
    monkeypatch.setattr("config.openapi.document._schema", document.RenderedSchema())
    return made


def test_schema_is_made_once(made: list[str]) -> None:
    client = APIClient()
    first = client.get("/api/schema/", {"format": "json"})
    assert first.json()["openapi"].startswith("3.")
    for _ in range(3):
        again = client.get("/api/schema/?format=json", headers={"authorization": "Bearer bad"})
        assert again.content == first.content
    assert client.get("/api/schema/").content.startswith(b"openapi: 3.")
    assert client.get("/api/schema/?lang=ko").content.startswith(b"openapi: 3.")
    assert made == ["schema"]
    for _ in range(2):
        client.get("/api/schema/?case=camel")
    assert made == ["schema", "schema"]


def test_schema_is_not_sent_again_to_who_has_it() -> None:
    first = APIClient().get("/api/schema/", {"format": "json"})
    has = {"if-none-match": first.headers["ETag"]}
    again = APIClient().get("/api/schema/?format=json", headers=has)
    assert (again.status_code, again.content) == (304, b"")
    assert APIClient().get("/api/schema/", headers=has).status_code == 200, "that is YAML"


def test_service_worker_is_served_for_every_page_of_the_portal(
    settings: Settings, tmp_path: Path
) -> None:
    settings.PORTAL_DIST = tmp_path
    assert Client().get("/service-worker.js").status_code == 503
    (tmp_path / "service-worker.js").write_text("self.x = 1")
    answer = Client().get("/service-worker.js")
    assert (answer.status_code, answer.content) == (200, b"self.x = 1")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    # A worker that a browser keeps for a day would outlive the portal that it belongs to.
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert not answer.cookies
