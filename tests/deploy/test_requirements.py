"""requirements*.txt: each package to one version and to the hashes of its files, from anywhere."""

import re
from pathlib import Path

import pytest

from tools.paths import ROOT

pytestmark = pytest.mark.once

LOCKS = sorted(ROOT.glob("requirements*.txt"))


def packages(lock: Path) -> list[str]:
    """Each package's lines as one, without comments."""
    text = re.sub(r"\s*#.*", "", lock.read_text())
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_to_hashes(lock: Path) -> None:
    lines = packages(lock)

    assert len(lines) >= 2
    for line in lines:
        assert re.match(r"[a-z0-9.\-]+(\[[a-z,]+\])?==\S+ ", line), line
        assert re.search(r" --hash=sha256:[0-9a-f]{64}\b", line), line


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_file_says_where_packages_come_from(lock: Path) -> None:
    text = lock.read_text()

    assert "://" not in text
    assert not re.search(r"^--|-url", text, re.MULTILINE)


def test_hashes_are_asked_for_wherever_packages_are_installed() -> None:
    installs = re.findall(
        r"pip install((?:\\\n|[^;\n])*)requirements", (ROOT / "Dockerfile").read_text()
    )
    assert len(installs) == 2
    assert all("--require-hashes" in options for options in installs)
    assert '"--require-hashes"' in (ROOT / "tools" / "environment.py").read_text()
