"""The layout that CONTRIBUTING.md describes stays one that can be taken in at a glance."""

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    *("accounts", "api", "bellwire_client", "chat", "config", "integrations", "notifications"),
    *("realtime", "text", "tools"),
)
# More modules side by side than this are a list, and not a layout.
MODULES = 15
ROOT_MODULES = 10


def modules_by_folder() -> Counter[str]:
    """How many modules stand side by side in each folder, migrations and `__init__` left out."""
    found: Counter[str] = Counter()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if path.name != "__init__.py" and "migrations" not in path.parts:
                found[str(path.parent.relative_to(ROOT))] += 1
    return found


@pytest.mark.once
@pytest.mark.parametrize("folder", sorted(modules_by_folder()))
def test_folder_has_few_modules(folder: str) -> None:
    assert modules_by_folder()[folder] <= MODULES


@pytest.mark.once
def test_root_of_realtime_has_few_modules() -> None:
    assert modules_by_folder()["realtime"] <= ROOT_MODULES
