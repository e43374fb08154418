"""`.pre-commit-config.yaml` runs what `make check` runs, and nothing else."""

import re
import subprocess

import pytest
import yaml

from tools.paths import ROOT

pytestmark = pytest.mark.once
# Arguments that only one of them needs: pre-commit names files, make checks all.
_OWN = re.compile(r"^env | --force-exclude| \.$")


def plain(command: str) -> str:
    """`env DEBUG=1 .venv/bin/mypy` and `DEBUG=1 .venv/bin/mypy` are the same."""
    return _OWN.sub("", command.strip())


def test_pre_commit_has_the_commands_of_make_check() -> None:
    dry = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "check-python"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    configured = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [plain(hook["entry"]) for repo in configured["repos"] for hook in repo["hooks"]]

    assert sorted(hooks) == sorted([*map(plain, dry), "make check-page"])
