"""`manage.py serve` keeps its threads to few arenas of the allocator (Linux with glibc)."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.deadlines import PATIENCE_S
from tests.support.servers import Deployment

pytestmark = pytest.mark.once

# glibc reserves so much address space for each part of an arena, at a multiple of it.
HEAP_BYTES = 64 * 1024 * 1024
REQUESTS = 12
THREADS = 4


def heaps(pid: int) -> int:
    """How many parts of arenas a process has, besides the first arena's."""
    lines = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    anonymous = [line for line in lines if len(line) == 5 and line[1] == "rw-p"]
    starts = [int(line[0].partition("-")[0], 16) for line in anonymous]
    return sum(start % HEAP_BYTES == 0 for start in starts)


def test_threads_share_few_arenas(deployment: Deployment) -> None:
    def sign_in(number: int) -> int:
        body = {"username": f"nobody-{number}", "password": "wrong"}
        return httpx.post(
            f"{deployment.url}/api/v1/auth/token", json=body, timeout=PATIENCE_S
        ).status_code

    tasks = Path(f"/proc/{deployment.server.pid}/task")
    ends = time.monotonic() + PATIENCE_S
    with ThreadPoolExecutor(REQUESTS) as clients:
        assert set(clients.map(sign_in, range(REQUESTS * 2))) == {401}
        # Three sign-ins run at once, on a machine that has the time for it. Each thread but the
        # first would have an arena of its own, which is there when the thread has ended.
        while len(list(tasks.iterdir())) < THREADS:
            assert time.monotonic() < ends, f"never {THREADS} threads at once"
            assert set(clients.map(sign_in, range(REQUESTS))) <= {401, 429}

    assert heaps(deployment.server.pid) <= 2
