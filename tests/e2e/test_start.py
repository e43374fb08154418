"""The servers of the other tests are forks that have their imports behind them.

This one starts as a user's does: `make run` ends in `tools.start`, which becomes `manage.py serve`.
"""

import sys
from pathlib import Path

import httpx

from tests.support.json_client import connect
from tests.support.kinds import Surroundings
from tests.support.processes import Process, free_port
from tests.support.servers import HOST
from tools.paths import ROOT


async def test_what_make_run_starts_migrates_lets_alice_in_and_ends_orderly(
    around: Surroundings, tmp_path: Path
) -> None:
    database, port = around.databases.create(), free_port()
    environment = {**around.settings(database_url=database), "PORT": str(port)}
    # The default of `make run`.
    del environment["DEBUG"]
    started = Process(
        [sys.executable, "-m", "tools.start"],
        log=tmp_path / "start.log",
        env=environment,
        cwd=ROOT,
    )
    try:
        started.wait_until(lambda: "startup complete" in started.log())
        assert f"Bellwire on http://localhost:{port}" in started.log()
        login = {"username": "alice", "password": "bellwire-demo"}
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", trust_env=False) as http:
            assert (await http.get("/readyz")).json()["send_path"] == "direct"
            answer = await http.post("/api/v1/auth/token", json=login)
        assert answer.status_code == 200, answer.text
        async with await connect(f"ws://{HOST}:{port}", answer.json()["access"]) as alice:
            await alice.is_greeted()
        assert started.stop() == 0
    finally:
        started.kill()
        around.databases.drop(database)
