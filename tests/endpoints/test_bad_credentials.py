"""Tokens, tickets and topics that are not the caller's: refused alike at every transport."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from websockets.exceptions import InvalidStatus

from tests.endpoints.company import Company, bearer, refusal
from tests.endpoints.hostile_requests import NOTIFICATIONS, RawWebSocket
from tests.endpoints.issuer import Issuer
from tests.support.servers import Deployment

ME = "/api/v1/auth/me"
TICKET = "/api/v1/auth/ticket"
INVALID = ("AUTH_ERROR", (1008, "Invalid token"))
EXPIRED = ("TOKEN_EXPIRED", (1008, "Token expired"))
# In development the servers sign with the same throw-away key as this process would.
KEY = settings.SIMPLE_JWT["SIGNING_KEY"]


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def is_refused(company: Company, token: str, code: str = "AUTH_ERROR") -> None:
    """At each place where a token can stand, over HTTP and as a WebSocket."""
    closed = (1008, "Token expired" if code == "TOKEN_EXPIRED" else "Invalid token")
    cookie = {"Cookie": f"access_token={token}"}
    for request in (
        {"headers": bearer(token)},
        {"headers": cookie},
        {"params": {"token": token}},
        {"params": {"access_token": token}},
    ):
        assert refusal(company.ask("GET", ME, **request)) == (401, code)
    for options in (
        {"token": token},
        {"headers": cookie},
        {"path": f"{NOTIFICATIONS}?token={token}"},
        {"path": f"/ws?access_token={token}"},
    ):
        with RawWebSocket(company.ws_url, **options) as socket:
            assert socket.receive_its_refusal() == (code, closed)


# --- our own tokens ------------------------------------------------------------------------------


def test_the_expired_is_told_to_refresh(company: Company, alice: str) -> None:
    claims = {**claims_of(alice), "exp": int(time.time()) - 1}

    is_refused(company, jwt.encode(claims, KEY, algorithm="HS256"), "TOKEN_EXPIRED")


def test_the_forged(company: Company, alice: str) -> None:
    is_refused(company, jwt.encode(claims_of(alice), "f" * 40, algorithm="HS256"))


def test_the_tampered_with(company: Company, alice: str) -> None:
    header, _, signature = alice.split(".")

    is_refused(company, f"{header}.{part({**claims_of(alice), 'sub': '1'})}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_the_unsigned(company: Company, alice: str, algorithm: str) -> None:
    header = {"alg": algorithm, "typ": "JWT"}

    is_refused(company, f"{part(header)}.{part(claims_of(alice))}.")


def test_one_for_another_audience(company: Company, alice: str) -> None:
    is_refused(company, jwt.encode({**claims_of(alice), "aud": "shop"}, KEY, algorithm="HS256"))


def test_a_refresh_token(company: Company, password: str) -> None:
    is_refused(company, company.sign_in("carol", password).refresh)


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", "..", "%00", "\udced", "비밀", "x" * 9_000, "[" * 3_000]
)
def test_what_is_no_token(company: Company, token: str) -> None:
    query = {"token": token.encode("utf-8", "surrogateescape")}

    answer = company.ask("GET", ME, params=query)

    # A NUL is refused before anybody looks at it.
    assert refusal(answer) in [(401, "AUTH_ERROR"), (400, "INVALID")]
    assert company.is_well()


def test_nobody_at_all(company: Company) -> None:
    assert refusal(company.ask("GET", ME)) == (401, "AUTH_ERROR")
    with RawWebSocket(company.ws_url, NOTIFICATIONS) as socket:
        assert socket.receive_its_refusal() == INVALID
    for path in ("/ws", "/ws-connect", "/notification/ws/notifications"):
        with RawWebSocket(company.ws_url, path, subprotocols=["bellwire.json"]) as socket:
            assert socket.receive_its_refusal() == INVALID
        # Without a subprotocol it may be STOMP, whose credentials may come with CONNECT.
        with RawWebSocket(company.ws_url, path) as socket:
            socket.send_message("ping")
            assert socket.receive_its_refusal() == INVALID


def test_a_services_key_opens_no_socket(company: Company) -> None:
    with RawWebSocket(
        company.ws_url, headers={"Authorization": f"Api-Key {company.key}"}
    ) as socket:
        assert socket.receive_its_refusal() == INVALID


def test_a_bad_header_is_not_made_good_by_a_good_cookie(company: Company, alice: str) -> None:
    headers = {**bearer("x.y.z"), "Cookie": f"access_token={alice}"}

    assert refusal(company.ask("GET", ME, headers=headers)) == (401, "AUTH_ERROR")
    with RawWebSocket(company.ws_url, headers=headers) as socket:
        assert socket.receive_its_refusal() == INVALID


def test_an_open_socket_ends_when_its_token_does(company: Company, alice: str) -> None:
    soon = jwt.encode({**claims_of(alice), "exp": int(time.time()) + 2}, KEY, algorithm="HS256")
    with (
        RawWebSocket(company.ws_url, token=soon) as socket,
        RawWebSocket(company.ws_url, token=soon) as renewed,
    ):
        renewed.receive_greeting()
        renewed.send_message("refresh", {"token": alice}, ref=1)
        assert renewed.receive_answer(1)["type"] == "ok"

        frames, closed = socket.receive_the_end()
        assert (frames[-1]["code"], closed) == EXPIRED
        assert company.goes_on(renewed, "alice")


def test_refresh_takes_a_good_token_of_the_same_user_only(
    company: Company, alice: str, bob: str
) -> None:
    late = jwt.encode({**claims_of(alice), "exp": int(time.time()) - 1}, KEY, algorithm="HS256")
    refusals = {
        bob: "AUTH_ERROR",
        jwt.encode(claims_of(alice), "f" * 40, algorithm="HS256"): "AUTH_ERROR",
        late: "TOKEN_EXPIRED",
        "\0": "AUTH_ERROR",
        "비" * 1_500: "AUTH_ERROR",
        company.key: "AUTH_ERROR",
    }
    with RawWebSocket(company.ws_url, token=alice) as socket:
        socket.receive_greeting()
        for token, code in refusals.items():
            socket.send_message("refresh", {"token": token}, ref=token[-9:])
            assert socket.receive_answer(token[-9:])["code"] == code
        assert company.goes_on(socket, "alice")


# --- another issuer's tokens ---------------------------------------------------------------------


def test_the_issuers_good_token_is_taken_and_its_user_made(
    neighbourly: Company, issuer: Issuer
) -> None:
    token = issuer.token()

    me = neighbourly.ask("GET", ME, headers=bearer(token))

    assert me.status_code == 200, me.text
    assert me.json()["external_id"] == "mina"
    with RawWebSocket(neighbourly.ws_url, token=token) as socket:
        assert socket.receive_greeting()["user_id"] == me.json()["id"]
        assert neighbourly.goes_on(socket, me.json()["username"])


def test_where_no_issuer_is_trusted_its_tokens_are_refused(
    company: Company, issuer: Issuer
) -> None:
    is_refused(company, issuer.token())


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "shop"},
        {"aud": ["shop", "blog"]},
        {"aud": None},
        {"iss": "https://issuer.example.evil/"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "mina\0"},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"typ": "Refresh"},
        {"token_use": "id"},
    ],
    ids=str,
)
def test_the_issuers_signature_under_other_claims(
    neighbourly: Company, issuer: Issuer, claims: dict[str, Any]
) -> None:
    is_refused(neighbourly, issuer.token(**claims))


def test_the_issuers_expired_token(neighbourly: Company, issuer: Issuer) -> None:
    is_refused(neighbourly, issuer.token(exp=int(time.time()) - 1), "TOKEN_EXPIRED")


def test_another_key_under_the_issuers_key_id(neighbourly: Company, issuer: Issuer) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    is_refused(neighbourly, issuer.token(key=stranger))


def test_a_key_id_that_the_issuer_does_not_have(neighbourly: Company, issuer: Issuer) -> None:
    is_refused(neighbourly, issuer.token(kid="of-tomorrow"))


def test_the_issuers_unsigned_token(neighbourly: Company, issuer: Issuer) -> None:
    header = {"alg": "none", "kid": "of-today"}

    is_refused(neighbourly, f"{part(header)}.{part(claims_of(issuer.token()))}.")


def test_the_issuers_public_key_used_as_a_secret(neighbourly: Company, issuer: Issuer) -> None:
    """The classic: whoever trusts the header's algorithm checks an HMAC with a published key."""
    header = {"alg": "HS256", "kid": "of-today", "typ": "JWT"}
    signed = f"{part(header)}.{part(claims_of(issuer.token()))}"
    code = hmac.digest(issuer.public_pem, signed.encode(), hashlib.sha256)
    signature = base64.urlsafe_b64encode(code).rstrip(b"=").decode()

    is_refused(neighbourly, f"{signed}.{signature}")


def test_our_secret_under_the_issuers_name(neighbourly: Company, issuer: Issuer) -> None:
    is_refused(neighbourly, jwt.encode(claims_of(issuer.token()), KEY, algorithm="HS256"))


# --- tickets -------------------------------------------------------------------------------------


def a_ticket(company: Company, token: str) -> str:
    answer = company.ask("POST", TICKET, headers=bearer(token))
    assert answer.status_code == 200, answer.text
    ticket: str = answer.json()["ticket"]
    return ticket


def test_ticket_opens_one_connection_once(company: Company, alice: str) -> None:
    ticket = a_ticket(company, alice)

    with RawWebSocket(company.ws_url, ticket=ticket) as socket:
        socket.receive_greeting()
        assert company.goes_on(socket, "alice")
    with RawWebSocket(company.ws_url, ticket=ticket) as again:
        assert again.receive_its_refusal() == INVALID
    assert refusal(company.ask("GET", ME, params={"ticket": ticket})) == (401, "AUTH_ERROR")


def test_a_ticket_opens_rest_once_too(company: Company, alice: str) -> None:
    query = {"ticket": a_ticket(company, alice)}

    assert company.ask("GET", ME, params=query).json()["username"] == "alice"
    assert refusal(company.ask("GET", ME, params=query)) == (401, "AUTH_ERROR")


def test_a_ticket_that_was_kept_too_long(
    company: Company, deployment: Deployment, alice: str
) -> None:
    ticket = a_ticket(company, alice)
    deployment.manage(
        "shell",
        "-c",
        "from accounts.models import Ticket; from datetime import timedelta as D;"
        "[(setattr(t, 'expires_at', t.expires_at - D(seconds=31)), t.save())"
        " for t in Ticket.objects.all()]",
    )

    with RawWebSocket(company.ws_url, ticket=ticket) as socket:
        assert socket.receive_its_refusal() == INVALID


@pytest.mark.parametrize("ticket", ["x", "bw_ticket_", "bw_ticket_" + "x" * 43, "\ud800", "비"])
def test_a_ticket_that_nobody_gave(company: Company, ticket: str) -> None:
    query = ticket.encode("utf-8", "surrogatepass")

    assert refusal(company.ask("GET", ME, params={"ticket": query})) == (401, "AUTH_ERROR")


def test_a_ticket_buys_no_ticket_for_ever(company: Company, alice: str) -> None:
    """What a ticket opens ends when the token does that it was bought with."""
    soon = jwt.encode({**claims_of(alice), "exp": int(time.time()) + 2}, KEY, algorithm="HS256")
    with RawWebSocket(company.ws_url, ticket=a_ticket(company, soon)) as socket:
        frames, closed = socket.receive_the_end()
        assert (frames[-1]["code"], closed) == EXPIRED


# --- topics --------------------------------------------------------------------------------------


def test_another_users_topic_is_forbidden(company: Company, alice: str, bob: str) -> None:
    bobs = claims_of(bob)["sub"]
    with RawWebSocket(company.ws_url, token=alice) as socket:
        mine = socket.receive_greeting()["user_id"]
        assert str(mine) != bobs
        for number, data in enumerate(
            [{"topic": f"users/{bobs}"}, {"topic": f"users/{bobs}", "offset": 0}]
        ):
            socket.send_message("subscribe", data, ref=number)
            assert socket.receive_answer(number)["code"] == "FORBIDDEN"
        company.send("bob", "not for alice")

        received = company.send("alice", "for alice")
        event = socket.receive_until(lambda frame: frame["type"] == "notification")
        assert event["data"]["id"] == received
        assert company.goes_on(socket, "alice")


@pytest.mark.parametrize(
    "topic",
    [
        "weather",
        "weather/seoul",
        "users",
        "users/",
        "users/me",
        "users/-1",
        "users/99999999999999999999999",
        "users/{mine}/",
        "users/{mine}/extra",
        "users/0{mine}",
        "users/{mine}\n",
        "users/{mine}\0",
        " users/{mine}",
        "Users/{mine}",
        "users//{mine}",
        "users/{mine}.",
        "broadcast/",
        "broadcast/1",
        "BROADCAST",
        "*",
        "users/*",
        "users/%",
        "../users/{mine}",
        "비/1",
        "\0",
        "x" * 9_000,
    ],
    ids=lambda topic: ascii(topic[:30]),
)
def test_a_topic_that_is_none(company: Company, alice: str, topic: str) -> None:
    with RawWebSocket(company.ws_url, token=alice) as socket:
        mine = socket.receive_greeting()["user_id"]
        for command in ("subscribe", "unsubscribe"):
            socket.send_message(command, {"topic": topic.replace("{mine}", str(mine))}, ref=command)
            allowed = {"NOT_FOUND", "FORBIDDEN"} if topic.startswith("users") else {"NOT_FOUND"}
            assert socket.receive_answer(command)["code"] in allowed
        assert company.goes_on(socket, "alice")


def test_unsubscribing_twice(company: Company, alice: str) -> None:
    with RawWebSocket(company.ws_url, token=alice) as socket:
        socket.receive_greeting()
        socket.send_message("unsubscribe", {"topic": "broadcast"}, ref=1)
        socket.send_message("unsubscribe", {"topic": "broadcast"}, ref=2)

        assert socket.receive_answer(1)["type"] == "unsubscribed"
        assert socket.receive_answer(2)["code"] == "NOT_FOUND"
        assert company.goes_on(socket, "alice")


# --- transports ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "since",
    [
        "x",
        "-1",
        "1.5",
        ":",
        ":1",
        "e:",
        "e:-1",
        "e:x",
        ";",
        "1;",
        "1;1;1",
        ";" * 2_000,
        "\0",
        "비:비",
        "9" * 6_000,
        "-:0",
        "e:" + "9" * 30,
        "\ud800",
    ],
    ids=lambda since: ascii(since[:12]),
)
def test_a_since_that_no_server_gave(company: Company, alice: str, since: str) -> None:
    """Never a crash and never a guess: either a gap is told, or the frame is called bad."""
    query = since.encode("utf-8", "surrogatepass")
    with RawWebSocket(company.ws_url, token=alice, since=query) as socket:  # type: ignore[arg-type]
        greeting = socket.receive()
        assert greeting["type"] == "connected"
        own = socket.receive()
        assert (own["type"], own["recovered"]) == ("subscribed", False)
        assert company.goes_on(socket, "alice")


def test_the_first_frame_must_come_in_time(neighbourly: Company, bob: str) -> None:
    for options in ({}, {"subprotocols": ["graphql-ws"]}):
        with RawWebSocket(neighbourly.ws_url, "/ws", token=bob, **options) as socket:  # type: ignore[arg-type]
            frames, closed = socket.receive_the_end()
            assert (frames, closed) == ([], (1008, "No first frame"))


@pytest.mark.parametrize("path", ["/ws", "/ws-connect", "/notification/ws/notifications"])
def test_without_a_subprotocol_the_first_frame_is_waited_for(
    neighbourly: Company, alice: str, path: str
) -> None:
    with RawWebSocket(neighbourly.ws_url, path, token=alice) as socket:
        assert socket.connection.subprotocol is None
        socket.send_message("ping", ref=1)

        greeting = socket.receive()
        assert (greeting["type"], greeting["subscriptions"]) == ("connected", {})
        assert socket.receive() | {"server_time": ""} == {
            "type": "pong",
            "server_time": "",
            "positions": {},
            "ref": 1,
        }


def test_with_the_subprotocol_the_greeting_comes_at_once(company: Company, alice: str) -> None:
    offered = ["v99.unknown", "bellwire.json"]
    with RawWebSocket(company.ws_url, "/ws", token=alice, subprotocols=offered) as socket:
        assert socket.connection.subprotocol == "bellwire.json"
        greeting = socket.receive_greeting()
        assert greeting["subscriptions"] == {}

        topic = f"users/{greeting['user_id']}"
        socket.send_message("subscribe", {"topic": topic}, ref=1)
        assert socket.receive_answer(1)["topic"] == topic
        assert company.goes_on(socket, "alice")


def test_a_bad_first_frame_is_answered_like_any_other(company: Company, alice: str) -> None:
    with RawWebSocket(company.ws_url, "/ws", token=alice) as socket:
        socket.say_text("{")

        assert [socket.receive()["type"] for _ in range(2)] == ["connected", "error"]
        assert socket.answers()


@pytest.mark.parametrize(
    "path", ["/", "/ws/", "/ws/nowhere", "/nowhere", "/api/v1/notifications", "/healthz", "/%00"]
)
def test_a_path_where_no_socket_is_refuses_the_handshake(
    company: Company, alice: str, path: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        RawWebSocket(company.ws_url, path, token=alice)

    assert refused.value.response.status_code in (403, 404)
    assert company.is_well()


@pytest.mark.parametrize(
    "connection_id", ["x", "0" * 32, "\0", "비", uuid.uuid4().hex, "f" * 7_000]
)
def test_an_old_connection_that_is_not_ours_is_passed_over(
    company: Company, alice: str, connection_id: str
) -> None:
    with RawWebSocket(company.ws_url, token=alice, connection_id=connection_id) as socket:
        socket.receive_greeting()
        assert company.goes_on(socket, "alice")


@pytest.mark.parametrize(
    ("path", "cookie", "status"), [("x" * 9_000, "x", 414), ("", "x" * 9_000, 431)]
)
def test_an_address_or_a_header_that_is_too_long_is_refused_at_once(
    company: Company, alice: str, path: str, cookie: str, status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        RawWebSocket(company.ws_url, f"/ws?{path}", token=alice, headers={"Cookie": f"a={cookie}"})

    assert refused.value.response.status_code == status
    assert company.is_well()


def test_another_users_connection_is_not_ended_by_naming_it(
    company: Company, alice: str, bob: str
) -> None:
    with RawWebSocket(company.ws_url, token=bob) as bobs:
        name = bobs.receive_greeting()["connection_id"]
        with RawWebSocket(company.ws_url, token=alice, connection_id=name) as alices:
            alices.receive_greeting()
            assert company.goes_on(bobs, "bob")
