"""`lint-imports` refuses what the architecture forbids: tried in a copy with planted violations."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.paths import ROOT

pytestmark = pytest.mark.once

PACKAGES = (
    "text", "realtime", "api", "accounts", "notifications", "chat", "integrations", "config",
    "bellwire_client", "env_settings",
)  # fmt: skip
# File, the statement that is added to it, and the contract that it breaks.
VIOLATIONS = {
    "an app imports the engine's inside": (
        "notifications/selectors.py",
        "from realtime.fanout.hub import Hub",
        "apps import realtime by its public face alone",
    ),
    "the engine imports an app": (
        "realtime/runtime.py",
        "import notifications.models",
        "realtime knows no domain, no accounts and no REST",
    ),
    "a codec opens sockets": (
        "realtime/protocols/stomp/codec/frames.py",
        "import socket",
        "codecs do no I/O: bytes and messages, nothing else",
    ),
    "a codec reads the database": (
        "realtime/protocols/json/codec.py",
        "from django.db import connection",
        "codecs do no I/O: bytes and messages, nothing else",
    ),
    "a lower layer imports a higher one": (
        "realtime/log/event_log.py",
        "import realtime.transports.sse",
        "realtime's layers: each imports those below it alone",
    ),
    "two modules import each other": (
        "realtime/fanout/feed.py",
        "from realtime.fanout.subscriber import Subscriber",
        "modules do not import each other in a circle",
    ),
    "one domain imports another": (
        "chat/rooms/services.py",
        "import notifications.models",
        "chat does not know notifications, nor the composition root",
    ),
}


def linted(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", root)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, root / name, ignore=lambda _, names: _not_python(names))
    return root


def _not_python(names: list[str]) -> set[str]:
    return {name for name in names if "." in name and not name.endswith(".py")} | {"__pycache__"}


@pytest.mark.parametrize("planted", VIOLATIONS)
def test_planted_import_breaks_its_contract(copy: Path, planted: str) -> None:
    path, statement, contract = VIOLATIONS[planted]
    file = (
        copy / path if (copy / path).exists() else copy / path.removesuffix(".py") / "__init__.py"
    )
    before = file.read_text()
    file.write_text(f"{before}\n{statement}\n")
    try:
        result = linted(copy)
    finally:
        file.write_text(before)
    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout


def test_tree_keeps_all_contracts(copy: Path) -> None:
    result = linted(copy)
    assert result.returncode == 0, result.stdout


def test_every_package_of_the_project_is_under_contract() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*/__init__.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    packages = {path.split("/")[0] for path in listed}
    assert packages - {"tests", "tools", "benchmarks", "examples"} == set(PACKAGES)


def _modules(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.py") if file.name != "__init__.py")


def _folders() -> Iterator[Path]:
    for name in PACKAGES:
        for init in (ROOT / name).rglob("__init__.py"):
            if "migrations" not in init.parts:
                yield init.parent


def test_root_of_the_engine_has_at_most_ten_modules() -> None:
    assert len(_modules(ROOT / "realtime")) + 1 <= 10  # with `__init__`


def test_no_package_has_more_than_fifteen_modules() -> None:
    assert [str(each) for each in _folders() if len(_modules(each)) > 15] == []


def imports_inside_functions(text: str) -> list[int]:
    """Lines of imports inside a function that no comment explains: beside it or just above it."""
    lines = text.splitlines()
    inside = {
        node.lineno: node.end_lineno or node.lineno
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return [line for line in sorted(inside) if not _is_explained(lines, line, inside)]


def _is_explained(lines: list[str], line: int, imports: dict[int, int]) -> bool:
    _, _, comment = lines[line - 1].partition("#")
    if comment.replace("noqa", "").strip(" :EFPLC0123456789"):
        return True
    above = line - 1
    if above > 0 and lines[above - 1].strip().startswith("#"):
        return True
    before = (first for first, last in imports.items() if last == above)
    return any(_is_explained(lines, first, imports) for first in before)


def test_import_inside_a_function_says_why() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for name in (*PACKAGES, "tools")
        for file in (ROOT / name).rglob("*.py")
        if "migrations" not in file.parts
        for line in imports_inside_functions(file.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("def load():\n    import yaml\n", [2]),
        ("async def load():\n    import yaml  # noqa: F401\n", [2]),
        ("def load():\n    import yaml  # only for front matter\n", []),
        ("def load():\n    # Only for front matter.\n    import yaml\n    import toml\n", []),
        (
            "def load():\n    # Here.\n    from a import (\n        b,\n    )\n    import c\n",
            [],
        ),
        ("import yaml\n", []),
    ],
)
def test_unexplained_import_is_found(text: str, lines: list[int]) -> None:
    assert imports_inside_functions(text) == lines
