"""Signing in at one instance and acting at another whose clock differs by three seconds."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.endpoints.company import (
    ME,
    Company,
    SignedIn,
    bearer,
)
from tests.endpoints.hostile_requests import NOTIFICATIONS, RawWebSocket
from tests.support.deadlines import PATIENCE_S
from tests.support.servers import Deployment

AHEAD_S = 3
NAME, PASSWORD = "alice", "bellwire-demo"
REFRESH = "/api/v1/auth/token/refresh"
TICKET = "/api/v1/auth/ticket"
LOGOUT = "/api/v1/auth/logout"
PING = '{"type":"ping","ref":1}'


@dataclass(frozen=True, slots=True)
class Instances:
    """One whose clock is the database's, and one on each side of it."""

    right: Company
    ahead: Company
    behind: Company

    def at(self, name: str) -> Company:
        found: Company = getattr(self, name)
        return found


@pytest.fixture(scope="module")
def instances(deployment: Deployment) -> Iterator[Instances]:
    deployment.manage("demo_users")
    key = deployment.service_key("clocks")
    shifted = [deployment.add(TEST_CLOCK_AHEAD_S=seconds) for seconds in (AHEAD_S, -AHEAD_S)]
    yield Instances(Company(deployment.url, key), *(Company(server.url, key) for server in shifted))
    for server in shifted:
        server.end()


@pytest.fixture(params=["right ahead", "ahead right", "right behind", "behind right"])
def pair(request: pytest.FixtureRequest, instances: Instances) -> tuple[Company, Company]:
    """Where a user signs in, and where they act."""
    first, other = request.param.split()
    return instances.at(first), instances.at(other)


def test_the_clocks_differ(instances: Instances) -> None:
    token = instances.right.sign_in(NAME, PASSWORD).access
    for company, ahead in ((instances.ahead, AHEAD_S), (instances.behind, -AHEAD_S)):
        with RawWebSocket(company.ws_url, token=token) as socket:
            socket.receive_greeting()
            before = time.time()
            socket.send_message("ping", ref=1)
            at = datetime.fromisoformat(socket.receive_answer(1)["server_time"]).timestamp()
            # It is told in milliseconds.
            assert before + ahead - 0.001 <= at <= time.time() + ahead


def test_every_transport_takes_a_token_of_the_other_clock(pair: tuple[Company, Company]) -> None:
    signs_in, acts = pair
    token = signs_in.sign_in(NAME, PASSWORD).access

    assert acts.ask("GET", ME, headers=bearer(token)).json()["username"] == NAME
    speaks_json(acts, token)
    speaks_stomp(acts, token)
    speaks_sockjs(acts, token)
    follows_stream(acts, token)
    polls(acts, token)


def test_a_ticket_of_the_other_clock_is_good(pair: tuple[Company, Company]) -> None:
    signs_in, acts = pair
    token = signs_in.sign_in(NAME, PASSWORD).access
    for sells, takes in ((signs_in, acts), (acts, signs_in)):
        ticket = sells.ask("POST", TICKET, headers=bearer(token)).json()["ticket"]
        with RawWebSocket(takes.ws_url, ticket=ticket) as socket:
            socket.receive_greeting()
            assert takes.goes_on(socket, NAME)


def test_tokens_are_refreshed_at_the_other_clock(pair: tuple[Company, Company]) -> None:
    signs_in, acts = pair
    old = signs_in.sign_in(NAME, PASSWORD)
    with RawWebSocket(signs_in.ws_url, token=old.access) as socket:
        socket.receive_greeting()
        new = refresh(acts, old)
        # Another tab with the same refresh token, a moment later: no thief.
        refresh(signs_in, old)
        again = refresh(signs_in, new)
        for company in pair:
            for access in (old.access, new.access, again.access):
                assert company.ask("GET", ME, headers=bearer(access)).status_code == 200
        socket.send_message("refresh", {"token": again.access}, ref=1)
        assert socket.receive_answer(1)["type"] == "ok"


def test_signing_out_at_the_other_clock_holds_and_signing_in_again_works(
    pair: tuple[Company, Company],
) -> None:
    signs_in, acts = pair
    tokens = signs_in.sign_in(NAME, PASSWORD)
    with RawWebSocket(signs_in.ws_url, token=tokens.access) as socket:
        socket.receive_greeting()
        answer = acts.ask("POST", LOGOUT, headers=bearer(tokens.access))
        assert answer.status_code == 204, answer.text
        assert socket.receive_the_end()[1] == (1008, "Signed out")
    for company in pair:
        assert company.ask("GET", ME, headers=bearer(tokens.access)).status_code == 401
        assert company.ask("POST", REFRESH, json={"refresh": tokens.refresh}).status_code == 401

    again = signs_in.sign_in(NAME, PASSWORD)
    for company in pair:
        assert company.ask("GET", ME, headers=bearer(again.access)).status_code == 200
        speaks_json(company, again.access)


def refresh(company: Company, tokens: SignedIn) -> SignedIn:
    answer = company.ask("POST", REFRESH, json={"refresh": tokens.refresh})
    assert answer.status_code == 200, answer.text
    return SignedIn(answer.json()["access"], answer.json()["refresh"])


def speaks_json(company: Company, token: str) -> None:
    for path in ("/ws", NOTIFICATIONS):
        with RawWebSocket(
            company.ws_url, path, token=token, subprotocols=["bellwire.json"]
        ) as socket:
            socket.receive_greeting()
            assert socket.answers()
    with RawWebSocket(company.ws_url, token=token) as socket:
        socket.receive_greeting()
        assert company.goes_on(socket, NAME)


def speaks_stomp(company: Company, token: str) -> None:
    connect = f"CONNECT\naccept-version:1.2\nhost:x\nAuthorization:Bearer {token}\n\n\0"
    with RawWebSocket(company.ws_url, "/ws", subprotocols=["v12.stomp"]) as socket:
        socket.say_text(connect)
        assert str(socket.connection.recv(PATIENCE_S)).startswith("CONNECTED\n")
        socket.say_text("SUBSCRIBE\nid:1\nreceipt:r\ndestination:/user/queue/notifications\n\n\0")
        assert str(socket.connection.recv(PATIENCE_S)).startswith("RECEIPT\n")
        sent = company.send(NAME)
        message = str(socket.connection.recv(PATIENCE_S))
        assert message.startswith("MESSAGE\n")
        assert body_of(message)["id"] == sent


def body_of(message: str) -> Any:
    return json.loads(message.partition("\n\n")[2].rstrip("\0\n"))


def speaks_sockjs(company: Company, token: str) -> None:
    path = f"/ws/000/{time.monotonic_ns():x}/xhr"
    with company.visitor() as client:
        client.headers.update(bearer(token))
        assert client.post(path).text == "o\n"
        assert client.post(f"{path}_send", content=json.dumps([PING])).is_success
        assert '\\"connected\\"' in client.post(path).text


def follows_stream(company: Company, token: str) -> None:
    with (
        company.visitor() as client,
        client.stream("GET", "/sse/notifications", headers=bearer(token)) as stream,
    ):
        assert stream.status_code == 200
        sent = company.send(NAME)
        data = (line[5:] for line in stream.iter_lines() if line.startswith("data:"))
        assert any(f'"id":{sent},' in text.replace(" ", "") for text in data)


def polls(company: Company, token: str) -> None:
    path, headers = "/long-polling/notifications", bearer(token)
    first = company.ask("GET", path, headers=headers, params={"timeout": "0"})
    assert first.status_code == 200, first.text
    sent = company.send(NAME)
    since = {"since": first.headers["Realtime-Position"]}
    second = company.ask("GET", path, headers=headers, params=since)
    assert [each["id"] for each in second.json()] == [sent]
