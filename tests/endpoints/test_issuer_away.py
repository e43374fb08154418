"""Another issuer whose keys could not be fetched since the start of the process.

Its tokens may be valid, and a front end that is answered AUTH_ERROR signs its user out.
"""

import json
from typing import Any

import pytest

from tests.endpoints.company import (
    ME,
    Company,
    bearer,
    refusal,
)
from tests.endpoints.hostile_requests import NOTIFICATIONS, RawWebSocket
from tests.endpoints.issuer import AUDIENCE, NAME, Issuer
from tests.support.deadlines import PATIENCE_S
from tests.support.processes import free_port
from tests.support.servers import Deployment

TICKET = "/api/v1/auth/ticket"
AWAY = ("UNAVAILABLE", (1012, "Unavailable"))


@pytest.fixture(scope="module")
def keyless(deployment: Deployment, company: Company) -> Company:
    """An instance that trusts the issuer, and has never reached it."""
    server = deployment.add(
        JWT_JWK_URL=f"http://127.0.0.1:{free_port()}/keys", JWT_ISSUER=NAME, JWT_AUDIENCE=AUDIENCE
    )
    return Company(server.url, company.key)


@pytest.fixture
def token(issuer: Issuer) -> str:
    return issuer.token()


def ways_to_bring(token: str) -> list[dict[str, Any]]:
    return [
        {"headers": bearer(token)},
        {"headers": {"Cookie": f"access_token={token}"}},
        {"params": {"token": token}},
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ME),
        ("POST", TICKET),
        ("GET", "/api/v1/rooms"),
        ("GET", "/sse/notifications"),
        ("GET", "/long-polling/notifications"),
    ],
)
def test_requests_are_told_to_come_back(
    keyless: Company, token: str, method: str, path: str
) -> None:
    for way in ways_to_bring(token):
        answer = keyless.ask(method, path, **way)
        assert refusal(answer) == (503, "UNAVAILABLE"), way
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["/ws", NOTIFICATIONS])
def test_sockets_are_told_to_come_back(keyless: Company, token: str, path: str) -> None:
    for options in (
        {"path": path, "token": token},
        {"path": path, "headers": {"Cookie": f"access_token={token}"}},
        {"path": f"{path}?token={token}"},
    ):
        with RawWebSocket(keyless.ws_url, subprotocols=["bellwire.json"], **options) as socket:
            assert socket.receive_its_refusal() == AWAY


def test_stomp_is_told_to_come_back(keyless: Company, token: str) -> None:
    connect = f"CONNECT\naccept-version:1.2\nhost:x\nAuthorization:Bearer {token}\n\n\0"
    with RawWebSocket(keyless.ws_url, "/ws", subprotocols=["v12.stomp"]) as socket:
        socket.say_text(connect)
        error = socket.connection.recv(PATIENCE_S)
        assert isinstance(error, str)
        lines = error.split("\n")
        assert lines[0] == "ERROR"
        assert {"code:UNAVAILABLE", "retry-after:5"} <= set(lines)
        assert socket.receive_the_end() == ([], AWAY[1])


def test_an_open_socket_keeps_its_credential(keyless: Company, alice: str, token: str) -> None:
    with RawWebSocket(keyless.ws_url, token=alice) as socket:
        socket.receive_greeting()
        socket.send_message("refresh", {"token": token}, ref=1)
        answer = socket.receive_answer(1)
        assert (answer["type"], answer["code"]) == ("error", "UNAVAILABLE")
        assert answer["retry_after"] > 0
        assert keyless.goes_on(socket, "alice")


def test_a_sockjs_session_is_told_to_come_back(keyless: Company, token: str) -> None:
    path = "/ws/000/away0/xhr"
    with keyless.visitor() as client:
        client.headers.update(bearer(token))
        assert client.post(path).text == "o\n"
        assert client.post(f"{path}_send", content='["{\\"type\\":\\"ping\\"}"]').is_success
        assert "UNAVAILABLE" in client.post(path).text
        closed = json.dumps(AWAY[1], separators=(",", ":"))
        assert client.post(path).text == f"c{closed}\n"


def test_a_request_of_a_sockjs_session_is_told_to_come_back(
    keyless: Company, alice: str, token: str
) -> None:
    path = "/ws/000/away1/xhr"
    with keyless.visitor() as client:
        ping = '["{\\"type\\":\\"ping\\"}"]'
        assert client.post(path, headers=bearer(alice)).text == "o\n"
        for request in (path, f"{path}_send"):
            answer = client.post(request, content=ping, headers=bearer(token))
            assert refusal(answer) == (503, "UNAVAILABLE")
            assert int(answer.headers["Retry-After"]) > 0
        # It is as it was for whom it belongs to.
        assert client.post(f"{path}_send", content=ping, headers=bearer(alice)).is_success
        assert "connected" in client.post(path, headers=bearer(alice)).text
