"""docs/contract.md names what the code has, and the code cites headings that it has."""

import re
from pathlib import Path

import pytest

from notifications import types
from realtime import Close, ErrorCode

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = (ROOT / "docs" / "contract.md").read_text()
_HEADING = re.compile(r"^## (\d+)\. ", re.MULTILINE)
_CITATION = re.compile(r"docs/contract\.md §(\d+)((?:(?:,| and) §\d+)*)")
_SOURCES = (
    "accounts", "api", "bellwire_client", "chat", "config", "frontend/src", "integrations",
    "notifications", "realtime", "tests",
)  # fmt: skip


def section(number: int) -> str:
    """The text below the heading `## number.`"""
    return re.split(r"^## \d+\. ", CONTRACT, flags=re.MULTILINE)[number]


def cited() -> dict[int, str]:
    """The sections that comments cite, each with a file that does."""
    found: dict[int, str] = {}
    for folder in _SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in {".py", ".ts", ".vue", ".css"} or "node_modules" in path.parts:
                continue
            for first, others in _CITATION.findall(path.read_text()):
                for number in (first, *re.findall(r"\d+", others)):
                    found[int(number)] = str(path.relative_to(ROOT))
    return found


def test_contract_sections_are_numbered_without_gaps() -> None:
    assert [int(number) for number in _HEADING.findall(CONTRACT)] == list(range(1, 10))


def test_cited_sections_exist() -> None:
    headings = {int(number) for number in _HEADING.findall(CONTRACT)}

    assert len(cited()) > 5
    assert {number: path for number, path in cited().items() if number not in headings} == {}


@pytest.mark.parametrize("code", ErrorCode)
def test_error_code_is_in_the_contract(code: ErrorCode) -> None:
    assert f"`{code}`" in section(4)


@pytest.mark.parametrize("close", Close)
def test_close_is_in_the_contract_with_its_reason(close: Close) -> None:
    row = re.compile(rf"^\| {close.code} \|.*`{re.escape(close.reason)}`", re.MULTILINE)

    assert row.search(section(4)), f"{close.code} {close.reason}"


def test_built_in_notification_types_are_in_the_rows_of_their_categories() -> None:
    built_in = [one for one in types.registered().values() if one.is_built_in]
    text = section(6)
    missing = [
        one.name
        for one in built_in
        if not re.search(rf"^\| {one.category} \|.*`{one.name}`", text, re.MULTILINE)
    ]

    assert len(built_in) > 20
    assert missing == []
