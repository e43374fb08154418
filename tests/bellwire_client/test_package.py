"""What a service has that installs the package."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import bellwire_client
from bellwire_client import AsyncBellwire, Bellwire
from tools.packages import install
from tools.paths import ROOT

pytestmark = pytest.mark.once

CALLS = ("send", "send_many", "sent", "revoke", "create_job", "update_job", "job")


@pytest.mark.parametrize("name", CALLS)
def test_both_clients_have_the_same_methods_with_parameters_and_words(name: str) -> None:
    sync_one, async_one = getattr(Bellwire, name), getattr(AsyncBellwire, name)
    assert inspect.signature(sync_one) == inspect.signature(async_one)
    assert inspect.getdoc(sync_one) == inspect.getdoc(async_one)
    assert sync_one.__name__ == async_one.__name__ == name
    assert len(inspect.signature(sync_one).parameters) > 1


def test_a_bound_method_shows_its_parameters() -> None:
    with Bellwire("http://bellwire.example", "key") as client:
        assert list(inspect.signature(client.update_job).parameters) == [
            "id",
            "status",
            "progress",
            "message",
            "link",
        ]


def test_it_installs_by_itself_and_brings_its_types(tmp_path: Path) -> None:
    install("--no-deps", "--target", str(tmp_path), str(ROOT / "bellwire_client"))

    package = tmp_path / "bellwire_client"
    ours = {path.name for path in (ROOT / "bellwire_client").glob("*.py")} | {"py.typed"}
    assert {path.name for path in package.iterdir()} - {"__pycache__"} == ours
    code = "import bellwire_client as it; print(it.__version__, it.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ran.stdout.split() == [bellwire_client.__version__, str(package / "__init__.py")]
