"""docs/security.md: what it names is there, and no hostile test is missing from it."""

import re
from pathlib import Path

import pytest

from api.errors import Code
from config.conf import ALL_SETTINGS
from realtime.protocol.errors import ErrorCode

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
SECURITY = (ROOT / "docs" / "security.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()

CODES = {*map(str, Code), *map(str, ErrorCode)}
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")
NGINX_DIRECTIVE = re.compile(r"nginx's `(\w+)`")


def named_settings() -> set[str]:
    return set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`", SECURITY)) - CODES


def test_every_setting_that_it_names_exists_and_is_explained_to_operators() -> None:
    known = {one.env for app in ALL_SETTINGS for one in app.settings}

    assert named_settings()
    assert sorted(named_settings() - known) == []
    assert [name for name in sorted(named_settings()) if f"`{name}`" not in OPERATIONS] == []


def test_every_test_that_it_names_exists() -> None:
    named = TEST.findall(SECURITY)

    assert named
    assert [path for path, _ in named if not (ROOT / path).is_file()] == []
    missing = [
        f"{path}::{name}"
        for path, name in named
        if name and f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert missing == []


def test_no_hostile_test_is_missing_from_it() -> None:
    named = {path for path, _ in TEST.findall(SECURITY)}
    there = [
        f"tests/hostile/{path.name}" for path in (ROOT / "tests" / "hostile").glob("test_*.py")
    ]

    assert there
    assert sorted(set(there) - named) == []


def test_every_directive_of_nginx_that_it_names_is_in_the_shipped_configuration() -> None:
    directives = NGINX_DIRECTIVE.findall(SECURITY)

    assert [
        name for name in directives if not re.search(rf"^\s*{name}\s", NGINX, re.MULTILINE)
    ] == []
