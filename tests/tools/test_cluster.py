"""`make cluster`: a service's notification goes in and out through the balancer, and all ends."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from benchmarks.scenarios import drain
from tests.support import parts
from tests.support.clusters import LocalCluster
from tests.support.json_client import connect
from tests.support.kinds import neutral_environment
from tests.support.processes import Process
from tools.paths import ROOT

pytestmark = pytest.mark.once

ALICE = {"username": "alice", "password": "bellwire-demo"}
CLIENTS = 20
SEND = "/api/v1/notifications/send"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    if parts.nginx_binary() is None:
        pytest.skip("nginx is not there, and only apt-get as root could install it")
    with LocalCluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


async def test_cluster_delivers_through_its_balancer(cluster: LocalCluster) -> None:
    key = cluster.manage("create_service_key", "orders").strip()
    async with httpx.AsyncClient(base_url=cluster.url, trust_env=False) as http:
        signed_in = await http.post("/api/v1/auth/token", json=ALICE)
        token = signed_in.json()["access"]
        # In turn: the one's event reaches the socket at the other through Redis.
        clients = [await connect(cluster.ws_url, token) for _ in cluster.pids]
        for client in clients:
            await client.is_greeted()
        sent = await http.post(
            SEND,
            headers={"Authorization": f"Api-Key {key}"},
            json={"usernames": ["alice"], "type": "ORDER_CREATED", "message": "through nginx"},
        )
        assert sent.status_code == 201, sent.text
        for client in clients:
            await client.until(lambda it=client: "through nginx" in json.dumps(it.frames))  # type: ignore[misc]
            await client.close()


async def test_clients_of_a_drained_instance_are_let_in_at_the_other(cluster: LocalCluster) -> None:
    tokens = cluster.manage("issue_token", *(f"u{n}" for n in range(CLIENTS)), "--create").split()

    drained = await drain.drain(cluster, tokens, wait_s=(0, 0))

    assert (drained.clients, drained.back, drained.refused) == (CLIENTS, CLIENTS, {})
    cluster.process.wait_until(lambda: "instance 1 has drained" in cluster.process.log())


async def test_cluster_ends_on_ctrl_c(cluster: LocalCluster) -> None:
    async with httpx.AsyncClient(base_url=cluster.url, trust_env=False) as http:
        token = (await http.post("/api/v1/auth/token", json=ALICE)).json()["access"]
    client = await connect(cluster.ws_url, token)
    await client.is_greeted()

    cluster.process.signal(signal.SIGINT)

    assert await client.is_closed() == (1012, "Draining")
    assert await asyncio.to_thread(cluster.process.wait) == 0
    for pid in cluster.pids:
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
