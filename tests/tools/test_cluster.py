"""`make cluster`: a service's notification goes in and out through the balancer, and all ends."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest

from tests.support import parts
from tests.support.databases import manage
from tests.support.json_client import connect
from tests.support.kinds import neutral_environment
from tests.support.processes import Process, free_port
from tools.paths import ROOT

pytestmark = pytest.mark.once

ALICE = {"username": "alice", "password": "bellwire-demo"}
DEBUG = {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
SEND = "/api/v1/notifications/send"


async def test_cluster_delivers_through_its_balancer_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    if parts.nginx_binary() is None:
        pytest.skip("nginx is not there, and only apt-get as root could install it")
    port = free_port()
    cluster = Process(
        [sys.executable, "-m", "tools.cluster"],
        log=tmp_path / "cluster.log",
        env={**neutral_environment(), "PORT": str(port), "INSTANCES": "2"},
        cwd=ROOT,
    )
    try:
        cluster.wait_until(lambda: "Ctrl-C" in cluster.log())
        pids = [int(pid) for pid in re.findall(r"pid (\d+)", cluster.log())]
        urls = dict(re.findall(r"(DATABASE_URL|REDIS_URL)=(\S+)", cluster.log()))
        key = manage("create_service_key", "orders", env={**neutral_environment(), **urls, **DEBUG})
        async with httpx.AsyncClient(base_url=f"http://localhost:{port}", trust_env=False) as http:
            signed_in = await http.post("/api/v1/auth/token", json=ALICE)
            token = signed_in.json()["access"]
            # In turn: the one's event reaches the socket at the other through Redis.
            clients = [await connect(f"ws://127.0.0.1:{port}", token) for _ in pids]
            for client in clients:
                await client.is_greeted()
            sent = await http.post(
                SEND,
                headers={"Authorization": f"Api-Key {key.strip()}"},
                json={"usernames": ["alice"], "type": "ORDER_CREATED", "message": "through nginx"},
            )
            assert sent.status_code == 201, sent.text
            for client in clients:
                await client.until(lambda it=client: "through nginx" in json.dumps(it.frames))  # type: ignore[misc]
        cluster.signal(signal.SIGINT)
        closes = [await client.is_closed() for client in clients]
        assert closes == [(1012, "Draining")] * len(pids)
        assert cluster.stop() == 0
    finally:
        cluster.kill()
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_cluster_says_what_is_wrong_with_its_settings(tmp_path: Path) -> None:
    cluster = Process(
        [sys.executable, "-m", "tools.cluster"],
        log=tmp_path / "cluster.log",
        env={**neutral_environment(), "INSTANCES": "none"},
        cwd=ROOT,
    )

    assert cluster.wait() == 1
    assert "INSTANCES is 'none'; expected a number from 1 to 16" in cluster.log()
