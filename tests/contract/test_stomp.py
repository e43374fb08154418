"""What only STOMP has: versions, destinations, receipts, SEND. Over every pipe that carries it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.contract.lines import (
    End,
    in_header,
    messages_of,
    notifications_of,
)
from tests.contract.long_poll_transport import LongPollTransport
from tests.contract.pipes import PipeKind
from tests.contract.site import BROADCAST, ApiUser, Site
from tests.contract.sse_transport import SseTransport
from tests.contract.stomp_client import StompClient
from tests.contract.transports import PIPES, WEBSOCKET

QUEUE = "/user/queue/notifications"
Connects = Callable[..., Awaitable[StompClient]]


@pytest.fixture(params=PIPES, ids=lambda kind: kind.name)
def pipe(request: pytest.FixtureRequest) -> PipeKind:
    found: PipeKind = request.param
    return found


@pytest.fixture
async def connects(site: Site, pipe: PipeKind) -> AsyncIterator[Connects]:
    """`await connects(alice)`: a client that is connected, until the test ends."""
    opened: list[StompClient] = []

    async def make(person: ApiUser, **options: Any) -> StompClient:
        opened.append(await StompClient.connect(pipe, site.url, person.token, **options))
        return opened[-1]

    yield make
    for client in opened:
        await client.close()


# --- coming in ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
async def test_the_subprotocol_names_the_version(site: Site, version: str) -> None:
    alice = site.person()
    name = f"v{version.replace('.', '')}.stomp"
    async with await StompClient.connect(
        WEBSOCKET, site.url, alice.token, version=version, subprotocol=name
    ) as client:
        connected = await client.first("CONNECTED")
        # 1.0 has no `version`; clients take its absence for that.
        assert connected.headers.get("version", "1.0") == version
        receipt = await client.subscribe(QUEUE)
        assert receipt.headers["recovered"] == "true"
        await site.sends(alice, "a: colon")
        assert await client.receives(1) == ["a: colon"]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("start", ["CONNECT", "STOMP", "\n\nCONNECT"])
async def test_the_first_frame_names_the_version(
    site: Site, pipe: PipeKind, version: str, start: str
) -> None:
    alice = site.person()
    accepts = f"accept-version:{version}\n" if version != "1.0" else ""
    frame = f"{start}\n{accepts}host:x\nAuthorization:Bearer {alice.token}\n\n\0"
    async with await StompClient.open(pipe, site.url, version=version, subprotocol="") as client:
        await client.sends_raw(frame)
        connected = await client.first("CONNECTED", "ERROR")
        assert connected.command == "CONNECTED"
        assert connected.headers.get("version", "1.0") == version
        assert connected.headers["session"]


async def test_versions_without_common_ground_end_in_an_error(site: Site, pipe: PipeKind) -> None:
    async with await StompClient.open(pipe, site.url, version="3.0", subprotocol="") as client:
        await client.connects(site.person().token)
        error = await client.first("ERROR")
        assert error.headers["version"] == "1.0,1.1,1.2"
        await client.ends()


@pytest.mark.parametrize("path", ["/ws", "/ws-connect", "/notification/ws/notifications"])
async def test_every_path_speaks_stomp(site: Site, pipe: PipeKind, path: str) -> None:
    alice = site.person()
    async with await StompClient.connect(pipe, site.url, alice.token, path=path) as client:
        await client.subscribe(QUEUE)
        await site.sends(alice, "hello")
        assert await client.receives(1) == ["hello"]


async def test_credentials_may_come_with_the_handshake(site: Site, pipe: PipeKind) -> None:
    alice = site.person()
    cookie = {"Cookie": f"access_token={alice.token}"}
    for headers in (in_header(alice.token), cookie):
        async with await StompClient.connect(pipe, site.url, headers=headers) as client:
            assert (await client.first("CONNECTED")).headers["user-name"] == alice.name


async def test_credentials_may_come_with_the_url(site: Site) -> None:
    alice = site.person()
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as http:
        answer = await http.post("/api/v1/auth/ticket", headers=in_header(alice.token))
    ticket = answer.json()["ticket"]
    for query in (f"token={alice.token}", f"access_token={alice.token}", f"ticket={ticket}"):
        async with await StompClient.connect(WEBSOCKET, site.url, path=f"/ws?{query}") as client:
            assert (await client.first("CONNECTED")).headers["user-name"] == alice.name


async def test_connect_without_credentials_is_an_error_that_names_the_fault(
    site: Site, pipe: PipeKind
) -> None:
    async with await StompClient.open(pipe, site.url) as client:
        await client.connects()
        error = await client.first("ERROR")
        assert error.headers["code"] == "AUTH_ERROR"
        assert error.headers["message"] == "Authentication failed"
        assert await client.ends() == End(1008, "AUTH_ERROR", "Invalid token")


# --- destinations -------------------------------------------------------------------------------


async def test_each_destination_has_its_own_bodies(site: Site, connects: Connects) -> None:
    alice = site.person()
    room = site.room(alice)
    client = await connects(alice)
    destinations = {
        "queue": QUEUE,
        "mine": f"/user/{alice.id}/queue/notifications",
        "member": "/member/queue/notification",
        "broadcast": "/topic/broadcast",
        "events": "/user/queue/events",
        "messages": f"/topic/chat-rooms/{room}/messages",
        "room": f"/topic/chat-room/{room}",
        "all": f"/topic/rooms/{room}",
    }
    for name, destination in destinations.items():
        receipt = await client.subscribe(destination, name=name)
        assert receipt.command == "RECEIPT", receipt
    [sent] = await site.sends(alice, "for me")
    await site.broadcasts("for all")
    await site.posts(alice, room, "hello")
    for name in ("queue", "mine", "member"):
        assert sorted(await client.receives(2, name)) == ["for all", "for me"]
    for name, text in {"broadcast": "for all", "messages": "hello", "room": "hello"}.items():
        assert await client.receives(1, name) == [text]
    [bare, *_] = [each for each in client.messages("queue") if each.json["message"] == "for me"]
    assert bare.json["id"] == sent
    assert "notification_id" not in bare.json
    [member, *_] = [each for each in client.messages("member") if each.json["id"] == sent]
    names = {"memberId": alice.id, "notificationId": sent, "redirectPath": bare.json["link"]}
    assert member.json == bare.json | names
    # Everything of mine, of the room: in the envelope, what is not logged too.
    await client.until(lambda: len(client.messages("events")) >= 3 or None)
    types = {frame.json["type"] for frame in client.messages("events")}
    # For lists of rooms, and no part of the log: it comes when it comes.
    assert types - {"room.message"} == {"notification", "unread_count"}
    await client.until(lambda: client.messages("all") or None)
    [said] = client.messages("all")
    assert (said.json["type"], said.json["data"]["content"]) == ("message", "hello")
    for frame in client.messages():
        name = frame.headers["subscription"]
        assert frame.headers["destination"] == destinations[name]
        assert frame.headers["message-id"]
        assert frame.headers["content-type"].startswith("application/json")
    assert (said.headers["topic"], said.headers["offset"]) == (f"rooms/{room}", "1")
    assert said.headers["epoch"] == site.head(f"rooms/{room}")[0]


async def test_foreign_and_unknown_destinations_end_in_an_error(
    site: Site, connects: Connects
) -> None:
    alice, bob = site.person(), site.person("bob")
    closed, is_open = site.room(bob), site.room(bob, is_open=True)
    faults = {
        f"/user/{bob.id}/queue/notifications": ("FORBIDDEN", 1008),
        f"/topic/chat-rooms/{closed}/messages": ("NOT_FOUND", 1002),
        f"/topic/rooms/{is_open}": ("FORBIDDEN", 1008),
        "/topic/weather": ("NOT_FOUND", 1002),
    }
    for destination, (code, close) in faults.items():
        client = await connects(alice)
        error = await client.subscribe(destination)
        assert (error.command, error.headers["code"]) == ("ERROR", code), destination
        # 1.2: the receipt that was asked for tells which frame it was.
        assert error.headers["receipt-id"]
        end = await client.ends()
        assert (end.status, end.code) == (close, code)
        await client.close()


# --- resuming -----------------------------------------------------------------------------------


async def test_the_receipt_says_where_the_subscription_stands(
    site: Site, connects: Connects
) -> None:
    alice = site.person()
    await site.publishes((alice.topic, "one"), (BROADCAST, "two"))
    client = await connects(alice)
    epoch, everyones = site.head(BROADCAST)
    receipt = await client.subscribe(QUEUE)
    reported = {name: receipt.headers.get(name) for name in ("recovered", "epoch", "offset")}
    assert reported == {"recovered": "true", "epoch": epoch, "offset": "1"}
    assert receipt.headers["broadcast-epoch"] == epoch
    assert receipt.headers["broadcast-offset"] == str(everyones)


async def test_without_a_receipt_the_first_message_says_what_was_recovered(
    site: Site, connects: Connects
) -> None:
    alice = site.person()
    await site.publishes((alice.topic, "one"), (alice.topic, "two"))
    client = await connects(alice)
    for name, epoch in (("gap", "elsewhere"), ("whole", "")):
        named = {"epoch": epoch} if epoch else {}
        await client.sends_command("SUBSCRIBE", destination=QUEUE, id=name, offset="1", **named)
    await client.until(lambda: client.messages("whole") or None)
    await site.sends(alice, "three")
    assert await client.receives(2, "whole") == ["two", "three"]
    assert await client.receives(1, "gap") == ["three"]
    reported = [frame.headers.get("recovered") for frame in client.messages("whole")]
    assert reported == ["true", None]
    assert client.messages("gap")[0].headers["recovered"] == "false"


async def test_what_is_no_offset_ends_in_an_error(site: Site, connects: Connects) -> None:
    client = await connects(site.person())
    error = await client.subscribe(QUEUE, offset="-1")
    assert (error.command, error.headers["code"]) == ("ERROR", "BAD_FRAME")


async def test_an_unsubscribed_destination_is_silent(site: Site, connects: Connects) -> None:
    alice = site.person()
    client = await connects(alice)
    await client.subscribe(QUEUE, name="a")
    await client.subscribe(QUEUE, name="b")
    assert (await client.asks("UNSUBSCRIBE", id="a")).command == "RECEIPT"
    await site.sends(alice, "hello")
    assert await client.receives(1, "b") == ["hello"]
    assert client.texts("a") == []


# --- saying something ---------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["/publish", "/app"])
async def test_what_is_sent_to_a_room_reaches_everyone_in_it(
    site: Site, connects: Connects, prefix: str
) -> None:
    alice, bob = site.person(), site.person("bob")
    room = site.room(alice, bob)
    speaker, listener = await connects(alice), await connects(bob)
    await listener.subscribe(f"/topic/chat-rooms/{room}/messages", name="messages")
    await listener.subscribe(f"/topic/chat-room/{room}", name="room")
    async with (
        await SseTransport().open(site.url, bob.token, messages_of(room)) as stream,
        await LongPollTransport().open(site.url, bob.token, messages_of(room)) as polls,
    ):
        to = f"{prefix}/chat-rooms/{room}/messages"
        json_said = json.dumps({"content": "as JSON", "client_id": "c1"})
        for body, content_type in (
            (json_said, "application/json"),
            # Legacy clients send JSON without saying so; and a resend is the same message.
            (json_said, ""),
            ("as text", "text/plain"),
            ("{as text", "text/plain"),
            ("as plain text without a type", ""),
        ):
            named = {"content_type": content_type} if content_type else {}
            receipt = await speaker.asks("SEND", body, destination=to, **named)
            assert receipt.command == "RECEIPT", receipt
        wanted = ["as JSON", "as text", "{as text", "as plain text without a type"]
        for name in ("messages", "room"):
            assert await listener.receives(4, name) == wanted
        assert await stream.receives(4) == wanted
        assert await polls.receives(4) == wanted
        assert stream.bodies[0]["client_id"] == "c1"
        assert stream.bodies[0] == polls.bodies[0] == listener.messages("room")[0].json


async def test_what_cannot_be_said_ends_in_an_error(site: Site, connects: Connects) -> None:
    alice, bob = site.person(), site.person("bob")
    room, foreign = site.room(alice), site.room(bob)
    to = f"/publish/chat-rooms/{room}/messages"
    as_json = {"content_type": "application/json"}
    faults: list[tuple[str, str, dict[str, str], str]] = [
        (to, "{", as_json, "BAD_FRAME"),
        (to, '{"text": "hello"}', as_json, "BAD_FRAME"),
        (to, "", {}, "BAD_FRAME"),
        (to, " \u3164\u2800", {}, "BAD_FRAME"),
        (f"/publish/chat-rooms/{foreign}/messages", "hello", {}, "NOT_FOUND"),
        ("/publish/weather", "rain", {}, "NOT_FOUND"),
    ]
    for destination, body, headers, code in faults:
        client = await connects(alice)
        error = await client.asks("SEND", body, destination=destination, **headers)
        assert (error.command, error.headers["code"]) == ("ERROR", code), (destination, body)
        await client.ends()
        await client.close()


async def test_every_frame_has_its_receipt(site: Site, connects: Connects) -> None:
    alice = site.person()
    room = site.room(alice)
    client = await connects(alice)
    to = f"/app/chat-rooms/{room}/messages"
    await client.subscribe(f"/topic/chat-room/{room}", name="room")
    for transaction, ending in (("kept", "COMMIT"), ("dropped", "ABORT")):
        for command, body, headers in (
            ("BEGIN", "", {}),
            ("SEND", transaction, {"destination": to}),
            (ending, "", {}),
        ):
            receipt = await client.asks(command, body, transaction=transaction, **headers)
            assert receipt.command == "RECEIPT", (command, receipt)
    await client.asks("SEND", "afterwards", destination=to)
    assert await client.receives(2) == ["kept", "afterwards"]
    assert (await client.asks("DISCONNECT")).command == "RECEIPT"
    assert (await client.ends()).code == ""


async def test_a_frame_in_pieces_is_one_frame(site: Site, connects: Connects) -> None:
    client = await connects(site.person())
    frame = f"SUBSCRIBE\nid:1\ndestination:{QUEUE}\nreceipt:pieces\n\n\0"
    for char in frame:
        await client.sends_raw(char)
    await client.until(
        lambda: [each for each in client.frames if each.headers.get("receipt-id") == "pieces"]
    )


async def test_the_beats_come_as_agreed_and_carry_a_streams_position(site: Site) -> None:
    """The one test that waits: 10 s for STOMP's beat, 15 s for that of a stream."""
    alice = site.person()
    async with (
        await StompClient.open(WEBSOCKET, site.url) as client,
        await SseTransport().open(site.url, alice.token, notifications_of(alice.id)) as stream,
    ):
        loop = asyncio.get_running_loop()
        began = loop.time()
        await client.connects(alice.token, **{"heart-beat": "0,10000"})
        connected = await client.first("CONNECTED", "ERROR")
        assert connected.headers["heart-beat"] == "10000,10000"
        [sent] = await site.sends(alice, "one")
        await stream.receives(1)
        await site.reads(alice, sent)
        await client.until(lambda: client.beats)
        assert loop.time() - began > 5
        await stream.until(lambda: stream.at[alice.topic][1] == 2)
        assert stream.texts == ["one"]
