"""Settings, their documentation and the compose file agree, in both directions."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.paths import ROOT
from tools.settings_tables import all_settings, tables, written

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
# A row may explain two variables that belong together.
ROW = re.compile(r"^\| (`[A-Z_0-9]+`(?:, `[A-Z_0-9]+`)*) \| ([^|]*) \|", re.MULTILINE)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


def variables() -> dict[str, Any]:
    """The variables that config/settings.py reads, with their defaults where these are numbers."""
    found: dict[str, Any] = {}
    for node in ast.walk(ast.parse((ROOT / "config" / "settings.py").read_text())):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("env.")):
            continue
        if not isinstance(node.args[0], ast.Constant):
            continue  # The URLs of databases, and environ's own functions.
        name = str(node.args[0].value)
        assert name not in found, f"{name} is read twice"
        default = ast.unparse(node.args[1]) if len(node.args) > 1 else ""
        is_number = re.fullmatch(r"[\d_.]+(?: \* [\d_.]+)*", default)
        product = 1.0
        for factor in default.split(" * ") if is_number else []:
            product *= float(factor)
        found[name] = product if is_number else None
    return found


def rows() -> dict[str, str]:
    """The defaults that docs/operations.md gives, by variable."""
    found: dict[str, str] = {}
    for names, defaults in ROW.findall(OPERATIONS):
        listed = re.findall(r"[A-Z_0-9]+", names)
        assert not found.keys() & set(listed), f"{names} is explained twice"
        given = defaults.split(", ") if len(listed) > 1 else [defaults]
        found.update(zip(listed, given, strict=len(given) > 1))
    return found


VARIABLES = variables()
DECLARED = {one.env: one for app in all_settings() for one in app.settings}
ROWS = rows()


def test_no_variable_is_read_in_two_ways() -> None:
    named = [one.env for app in all_settings() for one in app.settings if not one.is_repeated]
    assert len(named) == len(set(named))
    assert VARIABLES.keys() & DECLARED.keys() == set()
    repeated = [one for app in all_settings() for one in app.settings if one.is_repeated]
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


def test_every_variable_is_explained() -> None:
    assert len(VARIABLES) + len(DECLARED) > 100
    missing = [name for name in [*VARIABLES, *DECLARED] if f"`{name}`" not in OPERATIONS]
    assert missing == []


def test_every_setting_that_is_named_exists() -> None:
    named = {
        name
        for path in [*DOCUMENTS, *sources()]
        for name in re.findall(r"\bBELLWIRE_[A-Z0-9_]*[A-Z0-9]\b(?!_|\*)", path.read_text())
    }
    assert named - VARIABLES.keys() - DECLARED.keys() - NOT_READ.keys() == set()


@pytest.mark.parametrize("name", sorted(ROWS.keys() & VARIABLES.keys()))
def test_default_in_the_documentation_is_the_programs(name: str) -> None:
    documented = re.fullmatch(r"[\d.]+", ROWS[name].strip("` ").replace(",", ""))
    if documented and VARIABLES[name] is not None:
        assert float(documented[0]) == VARIABLES[name]


def test_variables_of_env_reach_the_containers() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for service in ("migrate", "web1", "web2"):
        assert services[service]["env_file"] == ".env"
        # What compose sets itself comes before the file: it must not hide a limit.
        fixed = {
            name
            for name, value in services[service]["environment"].items()
            if f"${{{name}" not in str(value)
        }
        assert {name for name in fixed if name.startswith("BELLWIRE_")} == set()
