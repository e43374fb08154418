"""OPTIONS, the one method that every path knows: with a credential it is no programming error."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import issue_access_tokens

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def paths(patterns: Any, before: str = "/") -> Iterator[str]:
    """Every path of the API, with 1 for whatever it is given."""
    for pattern in patterns:
        if not hasattr(pattern.pattern, "_route"):  # a regular expression: all that is not there
            continue
        here = before + pattern.pattern._route
        if isinstance(pattern, URLResolver):
            yield from paths(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            for name, converter in pattern.pattern.converters.items():
                value = str(uuid.UUID(int=0)) if "uuid" in type(converter).__name__.lower() else "1"
                for kind in ("str", "int", "uuid", "slug", "path"):
                    here = here.replace(f"<{kind}:{name}>", value).replace(f"<{name}>", value)
            yield here


API = sorted({path for path in paths(get_resolver("config.urls").url_patterns) if "/v1/" in path})


def test_the_walk_finds_the_api() -> None:
    assert len(API) > 40
    assert not [path for path in API if "<" in path]


@pytest.mark.parametrize("path", API)
def test_options_with_a_credential_names_what_is_allowed(path: str) -> None:
    alice = User(username="alice", password="")
    alice.save()
    [token] = issue_access_tokens(users=[alice])
    client = APIClient(raise_request_exception=False)
    answer = client.options(path, headers={"authorization": f"Bearer {token}"})
    # 403 where only services are let in.
    assert answer.status_code in (200, 403), answer.content
    assert "OPTIONS" in answer.headers["Allow"]
