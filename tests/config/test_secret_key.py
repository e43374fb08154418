"""Production signs only with a key that nobody can guess or look up."""

import re
import secrets
import uuid

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.secret_key import DEVELOPMENT_KEY, refuse_weak_key
from tools.paths import ROOT

pytestmark = pytest.mark.once

# Where a reader of the repository could copy a key from.
PLACES = ("README.md", "CONTRIBUTING.md", "docker-compose.yml", "Dockerfile", "Makefile")
FOLDERS = ("config", "deploy", "docs", "tools")
ASSIGNED = re.compile(r"""SECRET_KEY["']?\s*[=:]\s*["']?([^\s"'$(){}<>]+)""")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "not set"),
        ("x", "1 characters"),
        ("9f8e7d6c5b4a39281706f5e4d3c2b1a", "31 characters"),
        ("k" * 50, "1 different"),
        ("0123456" * 10, "7 different"),
        (DEVELOPMENT_KEY, "published"),
        ("django-insecure-" + secrets.token_hex(32), "published"),
    ],
)
def test_a_weak_key_is_refused_with_the_reason(key: str, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason) as refusal:
        refuse_weak_key(key)
    assert "openssl rand -hex 32" in str(refusal.value)
    assert len(key) < 10 or key not in str(refusal.value), "errors end up in logs"


@pytest.mark.parametrize(
    "key", [secrets.token_hex(16), secrets.token_urlsafe(50), uuid.uuid4().hex * 2]
)
def test_a_random_key_is_taken(key: str) -> None:
    refuse_weak_key(key)


def test_every_key_that_this_repository_shows_is_refused() -> None:
    files = [ROOT / name for name in PLACES]
    files += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    shown = {DEVELOPMENT_KEY}
    for path in files:
        if path.exists() and path.suffix != ".pyc":
            shown |= set(ASSIGNED.findall(path.read_text(errors="replace")))
    for key in shown:
        with pytest.raises(ImproperlyConfigured):
            refuse_weak_key(key)
