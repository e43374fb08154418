"""Tokens, tickets, keys and passwords stand in no log line, whoever prints it."""

import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.endpoints.company import (
    SEND,
    TOKEN,
    Company,
    bearer,
    eventually,
)
from tests.endpoints.hostile_requests import NOTIFICATIONS, RawWebSocket
from tests.support.balancer import Balancer
from tests.support.deadlines import PATIENCE_S
from tests.support.processes import free_port
from tests.support.servers import Deployment, Server

SOCKETS = (NOTIFICATIONS, "/ws", "/ws-connect", "/notification/ws/notifications", "/ws/nowhere")
PAGES = (
    "/api/v1/auth/me",
    "/api/v1/notifications?size=0",
    "/api/v1/notifications?status=%00",
    "/api/v1/nope",
    "/notification/nope",
    "/nowhere/on/the/page",
    "/static/nope.js",
    "/admin/",
    "/ws",
    "/readyz",
)
IN_A_QUERY = ("token", "access_token", "ticket", "refresh_token")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is planted: good ones, which open something, and one that opens nothing."""

    token: str
    refresh: str
    key: str
    password: str
    nonsense: str

    def texts(self) -> set[str]:
        """Each, and of a token also the signature, without which the rest is worth nothing."""
        whole = {self.token, self.refresh, self.key, self.password, self.nonsense}
        return whole | {self.token.rpartition(".")[2], self.refresh.rpartition(".")[2]}


@pytest.fixture
def secrets(company: Company, password: str) -> Secrets:
    carol = company.sign_in("carol", password)
    return Secrets(
        token=carol.access,
        refresh=carol.refresh,
        key=company.key,
        password=f"hunter2-{uuid.uuid4().hex}",
        nonsense=f"planted-{uuid.uuid4().hex}",
    )


# --- saying them everywhere ----------------------------------------------------------------------


def say_everywhere(company: Company, secrets: Secrets) -> set[str]:
    """Plant them in URLs, headers, cookies and bodies, over HTTP and as WebSockets.

    Returns them, and the tickets that were bought on the way.
    """
    tickets = {text for text in (buy_a_ticket(company, secrets) for _ in SOCKETS) if text}
    for text in (secrets.token, secrets.nonsense, secrets.refresh, secrets.key):
        for name in names_for(text, secrets):
            in_queries(company, f"a=b&{name}={text}&c=d")
        in_headers(company, text)
        in_bodies(company, text)
        in_raw_requests(company, text)
        for path in SOCKETS:
            for name in names_for(text, secrets)[:2]:
                in_a_socket(company, f"{path}?{name}={text}", {})
        for headers in credentials(text):
            in_a_socket(company, NOTIFICATIONS, headers)
        in_a_socket(company, f"/ws?token={text}&pad={'x' * 9_000}", {})
    in_bodies(company, secrets.password)
    for path, ticket in zip(SOCKETS, tickets, strict=False):
        in_a_socket(company, f"{path}?ticket={ticket}", {})
        in_queries(company, f"ticket={ticket}")
    in_commands(company, secrets)
    return secrets.texts() | tickets


def names_for(text: str, secrets: Secrets) -> tuple[str, ...]:
    """The parameters that a text stands in; what is no access token only where somebody errs."""
    return IN_A_QUERY if text in (secrets.token, secrets.nonsense) else IN_A_QUERY[:1]


def in_queries(company: Company, query: str) -> None:
    for page in PAGES:
        company.ask("GET", f"{page}{'&' if '?' in page else '?'}{query}")


def buy_a_ticket(company: Company, secrets: Secrets) -> str:
    answer = company.ask("POST", "/api/v1/auth/ticket", headers=bearer(secrets.token))
    return str(answer.json().get("ticket", "")) if answer.status_code == 200 else ""


def credentials(text: str) -> Iterator[dict[str, str]]:
    yield {"Authorization": f"Bearer {text}"}
    yield {"Authorization": f"Api-Key {text}"}
    yield {"Authorization": f"bearer  {text}"}
    yield {"Cookie": f"theme=dark; access_token={text}; refresh_token={text}"}
    yield {"Cookie": f"access_token={text}", "Origin": "https://evil.example"}


def in_headers(company: Company, text: str) -> None:
    for headers in credentials(text):
        for page in PAGES[:2]:
            company.ask("GET", page, headers=headers)
        company.ask("POST", SEND, json={}, headers=headers)
        company.ask("POST", "/api/v1/auth/token/refresh", json={}, headers=headers)
    elsewhere = {"Referer": f"{company.url}/page?token={text}", "X-Forwarded-Proto": "https"}
    company.ask("POST", f"/admin/login/?token={text}", headers=elsewhere)
    company.ask("GET", f"/api/v1/auth/me?token={text}", headers={"Host": "evil.example"})


def in_bodies(company: Company, text: str) -> None:
    key = {"Authorization": f"Api-Key {text}"}
    for path in (SEND, TOKEN, "/api/v1/auth/token/refresh", "/api/v1/auth/logout"):
        for body in (
            {"refresh": text},
            {"username": "trent", "password": text},
            {"token": text, "type": text, "usernames": [text], "message": ""},
        ):
            if path != "/api/v1/auth/logout":  # it would end the sign-in that is planted
                company.ask("POST", path, json=body, headers=key)
        company.ask("POST", path, content=f'{{"refresh": "{text}"', headers=key)
        company.ask("POST", path, data={"refresh": text}, headers=key)


def in_raw_requests(company: Company, text: str) -> None:
    """Requests that are none, for the lines that servers print about those."""
    address = urlsplit(company.url)
    for line in (
        f"GET /?token={text} HTTP/9.9\r\nHost: x\r\n\r\n",
        f"BREW /?token={text} HTTP/1.1\r\nHost: x\r\n\r\n",
        f"GET /ws?token={text} HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        f"POST {SEND}?token={text} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
    ):
        with (
            socket.create_connection(
                (str(address.hostname), int(address.port or 0)), PATIENCE_S
            ) as connection,
            suppress(ConnectionError),
        ):
            connection.sendall(line.encode())
            # Nothing more comes: so nobody waits for the rest of it.
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1024)


def in_a_socket(company: Company, path: str, headers: dict[str, str]) -> None:
    with (
        suppress(InvalidHandshake, ConnectionClosed, EOFError),
        RawWebSocket(company.ws_url, path, headers=headers) as socket,
    ):
        socket.send_message("ping", ref=1)
        socket.receive()


def in_commands(company: Company, secrets: Secrets) -> None:
    with (
        suppress(InvalidHandshake, ConnectionClosed),
        RawWebSocket(company.ws_url, token=secrets.token) as socket,
    ):
        for text in (secrets.token, secrets.nonsense, secrets.refresh, secrets.key):
            socket.send_message("refresh", {"token": text}, ref=1)
            socket.send_message("subscribe", {"topic": text, "token": text}, ref=1)
            socket.send_message(text)
            socket.say_text(text)
            socket.say_raw_text(json.dumps({"token": text}).encode() + b"\xff")


# --- looking for them ----------------------------------------------------------------------------


def found(texts: set[str], log: str) -> list[str]:
    """The lines that hold one of them."""
    return [line for line in log.splitlines() if any(text in line for text in texts)]


def plant(server: Server, secrets: Secrets) -> tuple[set[str], str]:
    """Say them everywhere. Returns what was said, and all that the server has printed."""
    there = Company(server.url, secrets.key)
    planted = say_everywhere(there, secrets)
    last = f"/api/v1/nope/{uuid.uuid4().hex}"
    there.ask("GET", last)
    assert eventually(lambda: last in server.log())
    assert "[redacted]" in server.log()
    return planted, server.log()


def test_an_instance_that_prints_all_it_can_prints_no_secret(
    neighbour: Server, secrets: Secrets
) -> None:
    planted, log = plant(neighbour, secrets)

    assert len(planted) == 7 + len(SOCKETS)
    assert "SELECT" in log
    assert found(planted, log) == []


def test_production_prints_no_secret(production: Server, secrets: Secrets) -> None:
    planted, log = plant(production, secrets)

    assert found(planted, log) == []


def test_daphne_prints_no_secret(daphne: Server, secrets: Secrets) -> None:
    planted, log = plant(daphne, secrets)

    assert found(planted, log) == []


def test_nothing_prints_a_secret_when_everything_fails(
    unmigrated: Server, secrets: Secrets
) -> None:
    """Every request that asks the database is a 500, with a traceback in the log."""
    asked = Company(unmigrated.url, secrets.key).ask(
        "GET", "/api/v1/auth/me?token=" + secrets.token
    )

    planted, log = plant(unmigrated, secrets)

    assert (asked.status_code, asked.json()["code"]) == (500, "SERVER_ERROR")
    assert "Traceback" in log
    assert found(planted, log) == []


@pytest.mark.once
def test_the_balancer_prints_no_secret(
    deployment: Deployment, company: Company, secrets: Secrets, balancer: Any
) -> None:
    """One of its two instances is away, which nginx complains about, request and all."""
    nginx: Balancer = balancer(deployment.server, SimpleNamespace(port=free_port()))

    planted = say_everywhere(Company(nginx.url, company.key), secrets)
    with httpx.Client() as client:
        client.get(f"{nginx.url}/metrics?token={secrets.nonsense}")
    nginx.end()

    access = nginx.access_log.read_text()
    errors = (nginx.access_log.parent / "nginx.log").read_text()
    assert "/api/v1/auth/me" in access
    assert found(planted, access) == []
    assert found(planted, errors) == []
