"""What `make dev` starts anew, and for which files; by hand: the page and its hot replacement."""

import os
import sys

import pytest
from watchfiles import Change

from tools.dev import Child, ServerSources, watched
from tools.paths import ROOT

pytestmark = pytest.mark.once


def wait_for_input() -> list[str]:
    """A command that runs until it is ended."""
    return [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("realtime/hub.py", True),
        ("config/templates/admin/index.html", True),
        ("config/locale/ko/LC_MESSAGES/django.mo", True),
        ("realtime/__pycache__/hub.cpython-311.pyc", False),
        ("config/locale/ko/LC_MESSAGES/django.po", False),
        ("bellwire.sqlite3", False),
    ],
)
def test_server_sources_are_what_a_server_reads_once(name: str, wanted: bool) -> None:
    assert ServerSources()(Change.modified, str(ROOT / name)) is wanted


def test_watched_folders_are_those_of_the_server() -> None:
    names = {path.name for path in watched()}

    assert {"accounts", "chat", "config", "notifications", "realtime"} <= names
    assert names.isdisjoint({"frontend", "tests", "var", ".venv", ".git"})


def test_child_is_another_process_after_a_restart_and_gone_after_a_stop() -> None:
    child = Child(wait_for_input())
    try:
        first = child.pid
        child.restart()
        second = child.pid
        assert child.exit_code is None
        assert second != first
    finally:
        child.stop()
    for pid in (first, second):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
