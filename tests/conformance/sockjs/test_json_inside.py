"""The JSON protocol inside SockJS, on one instance and on two without sticky sessions."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.conformance.sockjs.client import TRANSPORTS, SockJSClient, in_turn
from tests.conformance.sockjs.company import Company, People
from tests.conformance.sockjs.http import (
    ask,
    fresh,
    get,
    post,
)
from tests.support.deadlines import PATIENCE_S
from tests.support.kinds import Kind
from tests.support.servers import Deployment, Server

PING = {"type": "ping", "ref": "p"}


@pytest.fixture(scope="module")
def servers(deployment: Deployment, kind: Kind) -> Sequence[Server]:
    """One instance where the parts are embedded, else two."""
    if kind is Kind.FULL:
        deployment.add()
    return deployment.servers


@pytest.fixture(scope="module")
def company(deployment: Deployment) -> Company:
    return Company(deployment)


@pytest.fixture(scope="module")
def people(deployment: Deployment) -> People:
    names = ["ann", "bob", "cid", "dan", "eve", "flo", "gus", "hal"]
    names += [f"{name}-{transport}" for name in ("ann", "bea") for transport in TRANSPORTS]
    return People(deployment, *names)


@pytest.fixture
def bases(servers: Sequence[Server]) -> list[str]:
    return [f"{server.url}/ws" for server in servers]


def subscribe(user_id: int, **position: object) -> dict[str, object]:
    return {"type": "subscribe", "data": {"topic": f"users/{user_id}", **position}, "ref": 1}


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_conversation_whose_every_request_lands_elsewhere(
    people: People,
    servers: Sequence[Server],
    bases: list[str],
    company: Company,
    transport: str,
) -> None:
    token, user_id = await people.sign_in(f"ann-{transport}")
    async with SockJSClient(in_turn(bases), transport=transport, query=f"?token={token}") as ann:
        assert (await ann.send_message(PING)).status in (200, 204)
        assert (await ann.receives("connected"))[0]["user_id"] == user_id
        assert (await ann.receives("pong"))[0]["ref"] == "p"
        await ann.send_message(subscribe(user_id))
        await ann.receives("subscribed")
        news = [f"{number} \u2028 100% </script>" for number in range(8)]
        for number, text in enumerate(news):
            await company.notify(user_id, text, server=servers[number % len(servers)])
        received = await ann.receives("notification", len(news))
        assert [each["data"]["message"] for each in received] == news
        assert [each["offset"] for each in received] == list(range(1, len(news) + 1))
        assert ann.frames[0] == "o"
        assert ann.closed is None


@pytest.mark.parametrize("transport", ["xhr", "xhr_streaming"])
async def test_a_burst_arrives_whole_and_in_order(
    people: People, bases: list[str], transport: str
) -> None:
    token, _ = await people.sign_in(f"bea-{transport}")
    async with SockJSClient(in_turn(bases), transport=transport, query=f"?token={token}") as bea:
        for start in range(0, 150, 10):
            pings = [{"type": "ping", "ref": number} for number in range(start, start + 10)]
            assert (await bea.send_message(*pings)).status == 204
        received = await bea.receives("pong", 150)
        assert [each["ref"] for each in received] == list(range(150))


async def test_what_was_missed_between_two_sessions_is_replayed(
    people: People, bases: list[str], company: Company
) -> None:
    token, user_id = await people.sign_in("cid")
    query = f"?token={token}"
    async with SockJSClient(in_turn(bases), query=query) as first:
        await first.send_message(subscribe(user_id))
        start = (await first.receives("subscribed"))[0]
    await company.notify(user_id, "missed")
    async with SockJSClient(in_turn(bases), transport="eventsource", query=query) as second:
        await second.send_message(subscribe(user_id, epoch=start["epoch"], offset=start["offset"]))
        assert (await second.receives("subscribed"))[0]["recovered"] is True
        assert (await second.receives("notification"))[0]["data"]["message"] == "missed"


async def test_a_session_is_its_first_users(people: People, bases: list[str]) -> None:
    ann, _ = await people.sign_in("ann")
    bob, _ = await people.sign_in("bob")
    async with SockJSClient(in_turn(bases), query=f"?token={ann}") as session:
        for base in bases:
            theirs = f"{base}/000/{session.session}"
            for query in (f"?token={bob}", ""):
                assert (await post(f"{theirs}/xhr{query}")).status == 404
                assert (await post(f"{theirs}/xhr_send{query}", '["{}"]')).status == 404
        # A renewed token is the same user's.
        await session.send_message(PING)
        await session.receives("connected")
        newer = people.newer("ann")
        for base in bases:
            url = f"{base}/000/{session.session}/xhr_send?token={newer}"
            assert (await post(url, json.dumps([json.dumps(PING)]))).status == 204
        await session.receives("pong", 1 + len(bases))


async def test_a_ticket_opens_a_session_and_is_known_again(
    deployment: Deployment, people: People, bases: list[str]
) -> None:
    token, user_id = await people.sign_in("dan")
    bearer = {"Authorization": f"Bearer {token}"}
    made = await ask("POST", f"{deployment.url}/api/v1/auth/ticket", headers=bearer)
    ticket = json.loads(made.body)["ticket"]
    async with SockJSClient(in_turn(bases), query=f"?ticket={ticket}") as dan:
        for number in range(3):
            assert (await dan.send_message({**PING, "ref": number})).status == 204
        await dan.receives("pong", 3)
        assert (await dan.receives("connected"))[0]["user_id"] == user_id


async def test_without_a_credential_json_is_refused(bases: list[str]) -> None:
    async with SockJSClient(in_turn(bases)) as nobody:
        await nobody.send_message(PING)
        assert await nobody.ends() == (1008, "Invalid token")
        assert nobody.all_of("error")[0]["code"] == "AUTH_ERROR"


async def test_a_foreign_page_cannot_use_the_cookie(people: People, bases: list[str]) -> None:
    token, _ = await people.sign_in("eve")
    cookie = f"access_token={token}"
    session = fresh(bases[0])
    # An image of a foreign page opens it: browsers tell where they come from, or nothing.
    opened = await get(f"{session}/jsonp?c=c", cookie=cookie, referer="http://evil.example/")
    assert opened.text == 'c("o");\r\n'
    sent = {"cookie": cookie, "origin": "http://evil.example"}
    ping = json.dumps([json.dumps(PING)])
    assert (await post(f"{session}/xhr_send", ping, **sent)).status == 204
    received = (
        await get(f"{session}/jsonp?c=c", cookie=cookie, referer="http://evil.example/")
    ).text
    assert "FORBIDDEN" in received
    # Its own session, a page of ours: the foreign one cannot look into it.
    own = fresh(bases[0])
    assert (await post(f"{own}/xhr", cookie=cookie)).text == "o\n"
    assert (await get(f"{own}/jsonp?c=c", cookie=cookie)).status == 404
    assert (await post(f"{own}/xhr_send", '["{}"]', **sent)).status == 404
    assert (await post(f"{own}/xhr_send", ping, cookie=cookie)).status == 204


async def test_the_sixth_session_of_a_user_is_refused(people: People, bases: list[str]) -> None:
    token, _ = await people.sign_in("flo")
    query = f"?token={token}"
    five = [SockJSClient(in_turn(bases), query=query) for _ in range(5)]
    async with five[0], five[1], five[2], five[3], five[4]:
        for each in five:
            await each.send_message(PING)
            await each.receives("connected")
        async with SockJSClient(in_turn(bases), query=query) as sixth:
            await sixth.send_message(PING)
            assert await sixth.ends() == (1008, "Too many connections")


async def test_signing_out_closes_the_session(
    deployment: Deployment, people: People, bases: list[str]
) -> None:
    token, _ = await people.sign_in("gus")
    async with SockJSClient(
        in_turn(bases), transport="xhr_streaming", query=f"?token={token}"
    ) as gus:
        await gus.send_message(PING)
        await gus.receives("connected")
        bearer = {"Authorization": f"Bearer {token}"}
        await ask("POST", f"{deployment.url}/api/v1/auth/logout", headers=bearer)
        assert await gus.ends() == (1008, "Signed out")


async def test_over_a_websocket_and_bare(
    people: People, servers: Sequence[Server], company: Company
) -> None:
    token, user_id = await people.sign_in("hal")
    for path in ("/ws/000/abc/websocket", "/ws/websocket", "/ws-connect/0/1/websocket"):
        url = f"{servers[0].ws_url}{path}?token={token}"
        framed = path.count("/") > 2
        async with connect(url, compression=None, proxy=None) as socket:
            messages = _received(socket, framed=framed)
            text = json.dumps(subscribe(user_id))
            await socket.send(json.dumps([text]) if framed else text)
            assert (await anext(messages))["type"] == "connected"
            assert (await anext(messages))["type"] == "subscribed"
            await company.notify(user_id, "hello", server=servers[-1])
            while (message := await anext(messages))["type"] != "notification":
                pass
            assert message["data"]["message"] == "hello"


async def _received(socket: ClientConnection, *, framed: bool) -> AsyncIterator[dict[str, Any]]:
    while True:
        async with asyncio.timeout(PATIENCE_S):
            text = str(await socket.recv())
        if not framed:
            yield json.loads(text)
        elif text.startswith("a"):
            for each in json.loads(text[1:]):
                yield json.loads(each)
        else:
            assert text == "o"
