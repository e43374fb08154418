"""CONTRIBUTING.md's recipes count right, and the hooks run what `make check` runs."""

import re
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
RECIPES = (ROOT / "CONTRIBUTING.md").read_text().split("## Recipes")[1]
MAKEFILE = (ROOT / "Makefile").read_text()
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
_RECIPE = re.compile(r"^### (.*?)$\n(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"(?:^|, |and )(\d+)\. `", re.MULTILINE)


@pytest.mark.parametrize(("heading", "text"), _RECIPE.findall(RECIPES))
def test_recipe_counts_its_files(heading: str, text: str) -> None:
    items = [int(number) for number in _ITEM.findall(text)]

    assert items == list(range(1, len(items) + 1))
    assert str(len(items)) in re.findall(r"\d+", heading)


def test_recipes_cover_what_newcomers_add() -> None:
    headings = " ".join(heading for heading, _ in _RECIPE.findall(RECIPES))

    for kind in (
        "transport", "protocol", "notification type", "room event", "REST endpoint", "setting",
        "language",
    ):  # fmt: skip
        assert f" {kind}:" in headings


def test_hooks_are_local_and_run_the_tools_of_make_check() -> None:
    assert [repository["repo"] for repository in HOOKS] == ["local"]
    tools = ("ruff check", "ruff format --check", "mypy", "lint-imports", "makemigrations --check")
    entries = [hook["entry"] for hook in HOOKS[0]["hooks"]]
    for tool in tools:
        assert f"{tool}" in MAKEFILE
        assert any(tool in entry for entry in entries), tool
