"""Settings, their documentation and the compose file agree, in both directions."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from config.conf import ALL_SETTINGS
from env_settings import parsing
from tools.paths import ROOT
from tools.settings_tables import tables, written

pytestmark = pytest.mark.once

PACKAGES = (
    *("accounts", "api", "chat", "config", "env_settings"),
    *("integrations", "notifications", "realtime"),
)
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
DOCUMENTS = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
# Named in documents for other programs.
NOT_READ = {
    "BELLWIRE_URL": "the example of bellwire_client",
    "BELLWIRE_KEY": "the example of bellwire_client",
    "BELLWIRE_TEST_PARTS": "of the tests",
}


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


DECLARED = {one.env: one for app in ALL_SETTINGS for one in app.settings}


def test_no_variable_is_read_in_two_ways() -> None:
    named = [one.env for app in ALL_SETTINGS for one in app.settings if not one.is_repeated]
    assert len(named) == len(set(named))
    repeated = [one for app in ALL_SETTINGS for one in app.settings if one.is_repeated]
    for one in repeated:
        assert one.env in named, f"{one.env} is declared nowhere else"


def test_tables_are_those_of_the_declarations() -> None:
    assert written(OPERATIONS, tables()) == OPERATIONS, "run `make generate`"


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_declared_setting_has_a_default_a_unit_and_a_reason(name: str) -> None:
    one = DECLARED[name]
    is_number = one.kind in (int, float)
    assert bool(one.unit) == is_number
    assert one.is_repeated or len(one.reason) > 10
    if is_number:
        assert one.least <= one.default <= one.most
    if one.choices:
        assert one.default in one.choices


def test_every_setting_that_is_named_exists() -> None:
    named = {
        name
        for path in [*DOCUMENTS, *sources()]
        for name in re.findall(r"\bBELLWIRE_[A-Z0-9_]*[A-Z0-9]\b(?!_|\*)", path.read_text())
    }
    assert named - DECLARED.keys() - NOT_READ.keys() == set()


def test_no_code_reads_the_environment_beside_the_declarations() -> None:
    read = re.compile(r"\benviron(?:\.get\(|\[)|\bgetenv\(|\benv\.(?!db_url_config)\w+\(")
    found = {
        str(path.relative_to(ROOT)): read.findall(path.read_text())
        for path in sources()
        if not path.is_relative_to(ROOT / "env_settings")
    }
    assert {path: calls for path, calls in found.items() if calls} == {}


# What compose decides itself, as it starts the parts and the balancer.
OF_COMPOSE = {"DATABASE_URL", "REDIS_URL", "FORWARDED_ALLOW_IPS", "HOST", "PORT"}


def test_variables_of_env_reach_the_containers() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for service in ("migrate", "web1", "web2"):
        assert services[service]["env_file"] == ".env"
        environment = services[service]["environment"]
        assert environment.keys() <= DECLARED.keys()
        # What compose sets itself comes before the file: it must not hide a setting.
        fixed = {name for name, value in environment.items() if f"${{{name}" not in str(value)}
        assert fixed == OF_COMPOSE
        # What it passes on has the same default as without compose.
        for name in environment.keys() - fixed - {"SECRET_KEY"}:
            default = re.fullmatch(rf"\$\{{{name}:-(.*)\}}", environment[name])
            assert default, f"{name}: expected ${{{name}:-...}}, got {environment[name]}"
            assert parsing.parse(DECLARED[name], default[1]) == DECLARED[name].default
