"""`manage.py serve` keeps its threads to few arenas of the allocator (Linux with glibc)."""

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

    with ThreadPoolExecutor(REQUESTS) as clients:
        assert set(clients.map(sign_in, range(REQUESTS * 2))) == {401}

    pid = deployment.server.pid
    threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    # Three sign-ins run at once. Each thread but the first would have an arena of its own.
    assert threads >= 4
    assert heaps(pid) <= 2, f"{threads} threads"
