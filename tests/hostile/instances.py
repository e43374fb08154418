"""What is attacked: one production instance, straight or through nginx, and whether it is well."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import httpx

from tests.support.deadlines import PATIENCE_S

# A process that has just started has about 130 MiB. The budgets for bodies, answers and outboxes
# add up to less than this; what an attack of old took was 1,215 MiB.
MEMORY_BYTES = 512 * 1024 * 1024
POLL_S = 0.05
# Connections kept for a next request: by a client, and by nginx for some seconds.
SPARE = 5
KEPT_BY_NGINX = 64
# ESTABLISHED and CLOSE_WAIT in /proc/net/tcp: the second has been closed by the client only.
_OPEN = {"01", "08"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where attackers and bystanders connect to, and the process behind it."""

    name: str
    host: str
    port: int
    pid: int
    # Not through nginx: where the operator's probes ask.
    server_url: str

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{self.host}:{self.port}"

    def memory_bytes(self) -> int:
        """The process's resident memory now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def connections(self) -> int:
        """How many clients' connections the process has not closed (an nginx's among them)."""
        return len(_clients(int(self.server_url.rpartition(":")[2]), _ticks()))

    def clients(self) -> frozenset[int]:
        """The ports of the clients here whose connections have not been closed."""
        return _clients(self.port, _ticks())

    async def is_normal(self, *, connections: int) -> None:
        """Wait until the instance is as it was before: ready, in its memory budget, and with hardly
        more than so many connections. Raises `AssertionError`."""
        most = connections + (SPARE if self.name == "direct" else KEPT_BY_NGINX)
        await eventually(lambda: self.connections() <= most, what="their connections are closed")
        async with httpx.AsyncClient(trust_env=False, verify=False) as http:  # noqa: S501
            answer = await http.get(f"{self.server_url}/readyz", timeout=PATIENCE_S)
        assert (answer.status_code, answer.json()["status"]) == (200, "ready"), answer.text
        assert self.memory_bytes() < MEMORY_BYTES


def _ticks() -> int:
    return int(time.monotonic() / POLL_S)


@lru_cache(maxsize=2)
def _clients(port: int, tick: int) -> frozenset[int]:
    """The other ends of a port's open connections; read once a tick, however many ask."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return frozenset(
        int(row[2].rpartition(":")[2], 16)
        for row in rows
        if row[1].endswith(f":{port:04X}") and row[3] in _OPEN
    )


async def eventually(happens: Callable[[], bool], *, what: str) -> None:
    """Wait until it happens. Raises `AssertionError` that names `what`."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not happens():
        assert asyncio.get_running_loop().time() < deadline, f"not within {PATIENCE_S} s: {what}"
        await asyncio.sleep(POLL_S)
