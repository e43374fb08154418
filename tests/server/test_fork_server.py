"""The fork server of the tests themselves: no order is lost, whatever becomes of its templates."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deadlines import PATIENCE_S
from tests.support.forks import ForkServer
from tools.paths import ROOT

pytestmark = pytest.mark.once


@pytest.fixture
def server() -> Iterator[ForkServer]:
    """One that keeps a single template."""
    server = ForkServer(templates=1)
    yield server
    server.end()


def test_orders_are_carried_out_after_a_template_had_to_go(
    server: ForkServer, tmp_path: Path
) -> None:
    environment = {**os.environ, "DEBUG": "1", "DATABASE_URL": "sqlite://:memory:"}
    for number in (1, 2, 3):
        # Each has other settings than the one before it, whose template ends.
        env = {**environment, "BELLWIRE_HEARTBEAT_S": str(20 + number)}
        for _ in range(2):
            output = tmp_path / "output"
            child = server.start([str(ROOT / "manage.py"), "version"], env=env, output=output)
            assert child.wait(PATIENCE_S) == 0, output.read_text()
