"""Budgets over the network: one count for every way in and every instance."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.contract.pipes import WebSocketKind
from tests.contract.stomp_client import StompClient
from tests.e2e.people import People, enters
from tests.e2e.users import create_users
from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import connect
from tests.support.kinds import Kind
from tests.support.servers import Deployment

BUDGETS = (
    '{"rooms.create": "3/1h", "messages.send": "3/1h", "assistant.ask": "1/1h",'
    ' "people.lookup": "3/1h", "notifications.recipients": "3/1h"}'
)


async def test_a_spent_budget_is_refused_on_every_way_in_and_at_every_instance(
    deployments: Callable[..., Deployment], people: People, kind: Kind
) -> None:
    deployment = deployments(
        instances=2 if kind is Kind.FULL else 1,
        BELLWIRE_BUDGETS=BUDGETS,
        # Where the machine stalls, Redis is slow and not away.
        BELLWIRE_BUDGET_WAIT_S=PATIENCE_S,
    )
    here, there = deployment.servers[0], deployment.servers[-1]
    cast = create_users(deployment, people=4)
    alice, bob, *others = cast.people(4)
    token = alice.token

    # Rooms: the first three, at either instance.
    made = [
        await people.asks(server, token, "POST", "/rooms", name="Tea", kind="group", open=True)
        for server in (here, there, here, there, here)
    ]
    assert [answer.status_code for answer in made] == [201] * 3 + [429] * 2
    _refused(made[-1])
    room = made[0].json()["id"]

    # Messages: three ways, then all of them are refused, and a direct room is no way around.
    posts = f"/rooms/{room}/messages"
    assert (await people.asks(here, token, "POST", posts, content="1")).status_code == 201
    stomp = await StompClient.connect(WebSocketKind(), there.url, token)
    async with stomp, await enters(here, alice, room) as socket:
        said = await socket.asks("message", content="2")
        assert said["type"] == "ok"
        to = f"/publish/chat-rooms/{room}/messages"
        assert (await stomp.asks("SEND", "3", destination=to)).command == "RECEIPT"

        error = await socket.asks("message", content="4")
        assert (error["type"], error["code"]) == ("error", "RATE_LIMITED")
        assert 0 < error["retry_after"] <= 3_600
        refused = await stomp.asks("SEND", "5", destination=to)
        assert (refused.command, refused.headers["code"]) == ("ERROR", "RATE_LIMITED")
        assert 0 < int(refused.headers["retry-after"]) <= 3_600
        # The socket goes on, and others are not concerned.
        assert (await socket.asks("read", offset=1))["type"] == "ok"
    _refused(await people.asks(there, token, "POST", posts, content="6"))
    flat = await people.asks(there, token, "POST", "/messages", chat_room_id=room, content="7")
    _refused(flat)
    await people.asks(here, bob.token, "POST", f"/rooms/{room}/join")
    assert (await people.asks(here, bob.token, "POST", posts, content="8")).status_code == 201
    history = (await people.asks(here, token, "GET", posts)).json()["results"]
    assert [row["content"] for row in history] == ["1", "2", "3", "8"]

    # Names: the search's budget is that of direct rooms and of invitations by id.
    ids = [(await people.asks(here, one.token, "GET", "/auth/me")).json()["id"] for one in others]
    assert (await people.asks(here, token, "GET", "/users?q=person")).status_code == 200
    direct = [
        await people.asks(there, token, "POST", "/rooms", kind="direct", user_id=each)
        for each in (*ids, ids[0], 999_999)
    ]
    assert [answer.status_code for answer in direct] == [201, 201, 429, 429]
    _refused(direct[-1])
    invited = await people.asks(here, token, "POST", f"/rooms/{room}/members", user_id=ids[0])
    _refused(invited)
    _refused(await people.asks(here, token, "GET", "/users?q=person"))

    # Questions: each is a paid prompt, whichever way it is asked.
    async with await connect(here.ws_url, token, path="/ws/chat") as chat:
        await chat.sends_command("ask", ref="q", message="How long?")
        await chat.receives("start")
        error = await chat.asks("ask", message="And now?")
        assert (error["code"], error["retry_after"] > 0) == ("RATE_LIMITED", True)
        answer_id = chat.all_of("start")[0]["data"]["message_id"]
    for way in ("/chat/message", "/chat/stream"):
        _refused(await people.asks(there, token, "POST", way, message="How long?"))
    _refused(await people.asks(here, token, "POST", f"/chat/messages/{answer_id}/regenerate"))

    # A service pays by recipients.
    async with cast.orders() as orders:
        names = [bob.name, others[0].name]
        sent = [await orders.posts("Hello", *names, url=one.url) for one in (here, there)]
        assert [each.status for each in sent] == [201, 429]
        assert sent[-1].body["code"] == "RATE_LIMITED"


def _refused(answer: httpx.Response) -> None:
    assert answer.status_code == 429, answer.text
    body: dict[str, Any] = answer.json()
    assert body["code"] == "RATE_LIMITED"
    assert 0 < int(answer.headers["Retry-After"]) <= 86_400
