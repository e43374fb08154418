"""Documents name files and folders of the repository that exist."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")],
)
# `realtime/log/sql.py`, `tests/contract/`; not `/api/docs/`, nor a type of content.
_PATH = re.compile(r"`([A-Za-z_.][\w.-]*(?:/[\w.-]+)*/?)(?:::\w+)?`")
# Link targets: `[text](decisions/0001-log-ordering.md#heading)`.
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
_CONTENT_TYPES = {"text/event-stream", "text/html", "text/markdown", "text/plain"}
# Made by builds.
_GENERATED = ("frontend/dist", "frontend/node_modules")


def folders() -> set[str]:
    """The names of the folders at the root of the repository."""
    return {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "var"}


def missing_paths(text: str, known: set[str]) -> list[str]:
    """Paths below a folder of the repository that `text` names and that do not exist."""
    named = [
        path
        for path in _PATH.findall(text)
        if "/" in path
        and path.split("/")[0] in known
        and path not in _CONTENT_TYPES
        and not path.startswith(_GENERATED)
    ]
    return [path for path in named if not (ROOT / path).exists() and not _is_module(path)]


def _is_module(path: str) -> bool:
    # `realtime/log` and `realtime/publishing` are packages and modules.
    return (ROOT / f"{path}.py").is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_document_names_existing_paths(document: Path) -> None:
    assert missing_paths(document.read_text(), folders()) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_document_links_to_existing_files(document: Path) -> None:
    targets = _LINK.findall(document.read_text())

    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_missing_path_is_found() -> None:
    text = "`realtime/doors/bell.py`, `realtime/log/sql.py`, `/api/docs/` and `docs/`"

    assert missing_paths(text, folders()) == ["realtime/doors/bell.py"]
