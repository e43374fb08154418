"""The STOMP clients that browsers run, unmodified: whole conversations with the real server."""

import json
from typing import Any

import pytest

from tests.conformance.npm.programs import Program, program
from tests.contract.site import ApiUser, Site

QUEUE = "/user/queue/notifications"
COUNT = 50
CLIENTS = {"stompjs7": "1.2", "stompjs2": "1.1", "webstomp": "1.2"}
CARRIERS = ["websocket", "sockjs/websocket", "sockjs/xhr-streaming", "sockjs/xhr-polling"]


def _texts(program: Program) -> list[str]:
    bodies = [json.loads(body) for _, body in program.all_of("message")]
    return [body["content"] if "content" in body else body["message"] for body in bodies]


async def _subscribed(client: Program, destination: str, **headers: str) -> dict[str, Any]:
    """The headers of the RECEIPT."""
    receipts = len(client.all_of("receipt"))
    named = {"receipt": f"r{receipts}", **headers}
    client.does("subscribe", destination=destination, headers=named)
    [reported] = (await client.receives("receipt", receipts + 1))[receipts]
    assert reported["receipt-id"] == named["receipt"]
    receipt: dict[str, Any] = reported
    return receipt


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_whole_conversation(site: Site, client: str, carrier: str) -> None:
    alice = site.person()
    arguments = (client, carrier, f"{site.url}/ws", alice.token)
    numbered = [str(n) for n in range(COUNT)]

    async with program("stomp.mjs", *arguments) as first:
        [[connected]] = await first.receives("connected")
        assert connected["user-name"] == alice.name
        assert connected["version"] == CLIENTS[client]
        receipt = await _subscribed(first, QUEUE, id="mine", ack="client-individual")
        assert receipt["recovered"] == "true"
        await site.publishes(*((alice.topic, text) for text in numbered))
        received = await first.receives("message", COUNT)
        assert _texts(first) == numbered
        for index in range(COUNT - 2):
            first.does("ack", index=index, headers={})
        first.does("ack", index=COUNT - 2, headers={"receipt": "acknowledged"})
        await first.receives("receipt", 2)
        first.does("disconnect")
        await first.receives("disconnected")

    fortieth = received[39][0]
    async with program("stomp.mjs", *arguments) as again:
        await again.receives("connected")
        resumed = {"offset": fortieth["offset"], "epoch": fortieth["epoch"]}
        receipt = await _subscribed(again, QUEUE, id="resumed", **resumed)
        assert (receipt["recovered"], receipt["offset"]) == ("true", str(COUNT))
        await again.receives("message", 10)
        assert _texts(again) == numbered[40:]
        # The subscription that acknowledges is owed the one that was not.
        await _subscribed(again, QUEUE, id="mine", ack="client-individual")
        await again.receives("message", 11)
        assert _texts(again)[10:] == numbered[-1:]


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_rooms_are_talked_in(site: Site, client: str, carrier: str) -> None:
    alice, bob = site.person(), site.person("bob")
    room = site.room(alice, bob)
    people: list[ApiUser] = [alice, bob]
    one, other = (
        program("stomp.mjs", client, carrier, f"{site.url}/ws-connect", person.token)
        for person in people
    )
    async with one as speaker, other as listener:
        for each in (speaker, listener):
            await each.receives("connected")
        await _subscribed(listener, f"/topic/chat-rooms/{room}/messages", id="room")
        texts = ["plain", "with: colons\nand lines", "漢字 🎺"]
        for text in texts:
            body = json.dumps({"content": text})
            to = f"/publish/chat-rooms/{room}/messages"
            speaker.does("send", destination=to, headers={}, body=body)
        await listener.receives("message", len(texts))
        assert _texts(listener) == texts


async def test_a_refusal_is_an_error_with_its_code(site: Site, client: str) -> None:
    async with program("stomp.mjs", client, "websocket", f"{site.url}/ws", "made-up") as nobody:
        [[headers]] = await nobody.receives("error")
        assert headers["code"] == "AUTH_ERROR"
        assert headers["message"] == "Authentication failed"
