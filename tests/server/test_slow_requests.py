"""Clients that connect and say nothing, half of it, or a byte at a time: each is cut in time.

The deadlines are short here, and no test measures how long one takes: it waits until the server
closes, which without a deadline never comes.
"""

import http.client
import json

import httpx
import pytest

from tests.server.sockets import get_head, parsed, post_head, raw_clients
from tests.support.servers import HOST, Deployment

pytestmark = pytest.mark.once

HELD = 20
SIGN_IN = "/api/v1/auth/token"
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBs"
)


@pytest.fixture(scope="module")
def deployment_settings() -> dict[str, str]:
    return {
        "BELLWIRE_HEADER_S": "0.5",
        "BELLWIRE_BODY_S": "0.5",
        "BELLWIRE_SEND_S": "1",
        "BELLWIRE_KEEP_ALIVE_S": "0.5",
    }


@pytest.fixture(scope="module")
def token(deployment: Deployment) -> str:
    """Alice's."""
    return deployment.token("alice")


@pytest.fixture(scope="module")
def key(deployment: Deployment) -> str:
    """A service's."""
    return deployment.service_key()


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_silent_connections_are_closed_without_a_word(deployment: Deployment) -> None:
    with raw_clients(deployment.server.port, HELD) as clients:
        assert [client.read_to_the_end() for client in clients] == [b""] * HELD


@pytest.mark.parametrize(
    "beginning",
    [b"G", b"GET /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\nX-A: b", b"\r\n", HANDSHAKE],
    ids=["a letter", "half a head", "an empty line", "half a handshake"],
)
def test_half_heads_are_answered_408(deployment: Deployment, beginning: bytes) -> None:
    with raw_clients(deployment.server.port, HELD) as clients:
        for client in clients:
            client.send(beginning)
        for client in clients:
            status, _, body = parsed(client.read_to_the_end())
            assert (status, body["code"]) == (408, "INVALID")


def test_head_that_never_ends_is_cut(deployment: Deployment) -> None:
    with raw_clients(deployment.server.port) as [client]:
        client.send(b"GET / HTTP/1.1\r\n")
        client.send_until_closed(b"X-A: b\r\n")


@pytest.mark.parametrize("length", [1_000, None], ids=["with a length", "chunked"])
@pytest.mark.parametrize(
    "path", [SIGN_IN, "/api/v1/chat/stream", "/ws/abc/abcdefgh/xhr_send", "/admin/login/"]
)
def test_half_bodies_are_answered_408(
    deployment: Deployment, path: str, length: int | None
) -> None:
    with raw_clients(deployment.server.port, 2) as clients:
        for client in clients:
            client.send(post_head(path, length) + b"1\r\n{\r\n")
        for client in clients:
            status, _, body = parsed(client.read_to_the_end())
            assert (status, body["code"]) == (408, "INVALID")


def test_connection_is_kept_between_requests_but_not_for_ever(deployment: Deployment) -> None:
    with raw_clients(deployment.server.port) as [client]:
        for _ in range(2):
            client.send(get_head("/healthz"))
            assert client.read_until(b'"ok"}').startswith(b"HTTP/1.1 200")

        assert client.read_to_the_end() == b""


def test_half_of_a_second_request_is_cut(deployment: Deployment) -> None:
    with raw_clients(deployment.server.port) as [client]:
        client.send(get_head("/healthz") + b"GET /he")
        answers = client.read_to_the_end()
        assert answers.startswith(b"HTTP/1.1 200")
        assert b"HTTP/1.1 408" in answers


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_deadlines_of_a_request_end_with_it(
    deployment: Deployment, token: str, key: str, upgrade: str
) -> None:
    """A socket, and a stream that was asked for with an upgrade that is not made, stay open."""
    path = "/sse/notifications" if upgrade == "h2c" else "/api/v1/notifications/ws"
    head = get_head(
        path,
        Authorization=f"Bearer {token}",
        Connection="Upgrade",
        Upgrade=upgrade,
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==",
    )
    with raw_clients(deployment.server.port) as [client]:
        client.send(head)
        assert client.read_until(b"connected" if upgrade == "websocket" else b"retry")
        for _ in range(4):
            with raw_clients(deployment.server.port) as [silent]:
                # By then a deadline has passed since.
                assert silent.read_to_the_end() == b""

        body = json.dumps(
            {"usernames": ["alice"], "type": "SYSTEM", "title": "t", "message": "still here"}
        )
        sent = httpx.post(
            f"{deployment.url}/api/v1/notifications/send",
            content=body,
            headers={"Authorization": f"Api-Key {key}", "Content-Type": "application/json"},
        )
        assert sent.status_code == 201
        assert b"still here" in client.read_until(b"still here")


def test_pipelined_requests_are_bounded(deployment: Deployment) -> None:
    with raw_clients(deployment.server.port) as [client]:
        client.send(get_head("/api/v1/auth/csrf") * 200)
        answers = client.read_to_the_end()

        assert b"HTTP/1.1 400" in answers
        assert answers.count(b"HTTP/1.1 200") < 200


def test_few_pipelined_requests_are_all_answered(deployment: Deployment) -> None:
    with raw_clients(deployment.server.port) as [client]:
        client.send(get_head("/healthz") * 10)
        assert client.read_to_the_end().count(b"HTTP/1.1 200") == 10


def test_answers_that_nobody_reads_are_cut(deployment: Deployment) -> None:
    with raw_clients(deployment.server.port, deaf=True) as [client]:
        # Far more than the kernel's buffers hold.
        while client.send_while_open(get_head("/api/schema/") * 2):
            client.socket.settimeout(60)


def test_others_are_answered_after_all_that(deployment: Deployment) -> None:
    assert status_of(deployment.server.port, "/api/v1/auth/csrf") == 200
