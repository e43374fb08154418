"""Many clients that send or read slowly, against two request slots: others are answered meanwhile.

Nothing here waits for a deadline: these are long, and what is shown holds without them.
"""

import http.client
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from realtime.database import executor
from tests.server.sockets import RawClient, get_head, parsed, post_head, raw_clients
from tests.support.balancer import Balancer
from tests.support.deadlines import PATIENCE_S
from tests.support.servers import HOST, Deployment

pytestmark = pytest.mark.once

SLOTS = 2
HELD = 12
# Anybody may ask, and a made-up token is refused without hashing anything.
REFRESH = "/api/v1/auth/token/refresh"
MADE_UP = {"refresh": "x"}
# 1.4 MB, far more than the kernel's buffers of a connection.
LARGE_FILE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
BODY_BUDGET = 1_000_000


@pytest.fixture(scope="module")
def deployment_settings() -> dict[str, str]:
    return {
        "BELLWIRE_DB_POOL": str(executor.THREADS + SLOTS),
        "BELLWIRE_HEADER_S": "600",
        "BELLWIRE_BODY_S": "600",
        "BELLWIRE_SEND_S": "600",
        "BELLWIRE_BODY_BYTES": str(BODY_BUDGET),
        "BELLWIRE_BUSY_S": "0.2",
        "BELLWIRE_THROTTLES": "off",
    }


def ask(
    port: int, method: str, path: str, body: bytes | None = None, *, token: str = ""
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE_S)
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def is_answered(port: int) -> bool:
    """Whether a read, a write and the probes are answered now."""
    return (
        ask(port, "GET", "/api/v1/auth/csrf")[0] == 200
        and ask(port, "POST", REFRESH, json.dumps(MADE_UP).encode())[0] == 401
        and ask(port, "GET", "/readyz")[0] == 200
    )


@pytest.mark.parametrize("length", [len(json.dumps(MADE_UP)), None], ids=["length", "chunked"])
def test_half_bodies_hold_no_slot(deployment: Deployment, length: int | None) -> None:
    body = json.dumps(MADE_UP).encode()
    if length is None:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with raw_clients(deployment.server.port, HELD) as clients:
        for client in clients:
            client.send(post_head(REFRESH, length) + body[:-1])

        assert is_answered(deployment.server.port)

        # They are as welcome as any once they have said all.
        for client in clients:
            client.send(body[-1:])
            assert b"401 Unauthorized" in client.read_until(b"}")


def test_unfinished_bodies_are_refused_beyond_the_budget(deployment: Deployment) -> None:
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    refused = []
    with ExitStack() as ends:
        for _ in range(2 * BODY_BUDGET // 0x10000):
            client = RawClient(deployment.server.port)
            ends.callback(client.close)
            client.send(post_head(REFRESH))
            if not client.send_while_open(piece):
                refused.append(client)
            # A whole small answer tells that the server has read what came before it.
            assert is_answered(deployment.server.port)
            client.socket.settimeout(0.05)
            try:
                status, headers, body = parsed(client.read_until(b"}"))
            except TimeoutError:
                continue
            assert (status, body["code"]) == (503, "UNAVAILABLE")
            assert int(headers["retry-after"]) >= 1
            refused.append(client)
        # One address gets half of the budget.
        assert len(refused) > BODY_BUDGET // 0x10000

    large = json.dumps({"refresh": "x" * 300_000}).encode()
    while ask(deployment.server.port, "POST", REFRESH, large)[0] == 503:
        pass  # The server has yet to hear that they are gone.


def test_slow_readers_of_a_file_hold_no_slot(deployment: Deployment) -> None:
    with raw_clients(deployment.server.port, HELD, deaf=True) as clients:
        for client in clients:
            client.send(get_head(LARGE_FILE, Connection="close"))
            assert client.socket.recv(1) == b"H"

        assert is_answered(deployment.server.port)

        status, content = ask(deployment.server.port, "GET", LARGE_FILE)
        assert status == 200
        assert len(content) > 1_000_000
        assert clients[0].read_to_the_end().endswith(content)


def test_slow_readers_of_answers_hold_no_slot(deployment: Deployment) -> None:
    # The schema takes long to make: one reader more than there are slots.
    with raw_clients(deployment.server.port, SLOTS + 1, deaf=True) as clients:
        for client in clients:
            client.send(get_head("/api/schema/") * 10)
            assert client.socket.recv(1) == b"H"

        assert is_answered(deployment.server.port)


@pytest.mark.parametrize(("first", "last"), [(0, 9), (300_000, 900_000)])
def test_range_of_a_file(deployment: Deployment, first: int, last: int) -> None:
    _, content = ask(deployment.server.port, "GET", LARGE_FILE)
    with raw_clients(deployment.server.port) as [client]:
        head = get_head(LARGE_FILE, Range=f"bytes={first}-{last}", Connection="close")
        client.send(head)
        answer = client.read_to_the_end()

    assert answer.startswith(b"HTTP/1.1 206")
    assert answer.partition(b"\r\n\r\n")[2] == content[first : last + 1]


def test_file_is_not_sent_again_to_who_has_it(deployment: Deployment) -> None:
    with raw_clients(deployment.server.port) as [client]:
        client.send(get_head(LARGE_FILE).replace(b"GET", b"HEAD"))
        head = client.read_until(b"\r\n\r\n").decode().lower()
    assert "x-content-type-options: nosniff" in head
    etag = next(line.split(": ")[1] for line in head.splitlines() if line.startswith("etag"))

    with raw_clients(deployment.server.port) as [client]:
        client.send(get_head(LARGE_FILE, If_None_Match=etag, Connection="close"))
        assert client.read_to_the_end().startswith(b"HTTP/1.1 304")


@pytest.mark.parametrize("path", ["/static/nothing.js", "/static/../manage.py", "/static/"])
def test_what_is_no_file_is_not_there(deployment: Deployment, path: str) -> None:
    assert ask(deployment.server.port, "GET", path)[0] == 404


def test_readiness_tells_when_no_slot_is_free(deployment: Deployment) -> None:
    port = deployment.server.port
    token = deployment.token("alice")
    writer = sqlite3.connect(
        urlsplit(deployment.database_url).path, isolation_level=None, timeout=PATIENCE_S
    )
    with ThreadPoolExecutor() as pool:
        # Views that write wait for it.
        writer.execute("BEGIN IMMEDIATE")
        tickets = [
            pool.submit(ask, port, "POST", "/api/v1/auth/ticket", token=token) for _ in range(SLOTS)
        ]
        while (readiness := ask(port, "GET", "/readyz"))[0] == 200:
            assert not any(ticket.done() for ticket in tickets)
        assert (readiness[0], json.loads(readiness[1])["status"]) == (503, "busy")
        assert ask(port, "GET", "/healthz")[0] == 200

        writer.execute("ROLLBACK")
        writer.close()
        assert all(ticket.result()[0] < 300 for ticket in tickets)
        assert ask(port, "GET", "/readyz")[0] == 200


def test_slow_clients_of_nginx_hold_no_slot(
    deployment: Deployment, balancer: Callable[..., Balancer]
) -> None:
    port = balancer(deployment.server).port
    head = get_head(LARGE_FILE, Connection="close")
    with (
        raw_clients(port, HELD) as senders,
        raw_clients(port, HELD, deaf=True) as readers,
    ):
        for client in senders:
            client.send(post_head(REFRESH, 100) + b"{")
        for client in readers:
            client.send(head)
            assert client.socket.recv(1) == b"H"

        assert is_answered(port)
