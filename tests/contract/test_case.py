"""Instances of one deployment name fields each in its own case, over every transport."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.contract.http_stream import open_stream
from tests.contract.lines import (
    Transport,
    in_header,
    messages_of,
    notifications_of,
)
from tests.contract.pipes import BROWSER, PipeKind, SockJsWebSocketPipe
from tests.contract.site import SEND, ApiUser, Site
from tests.contract.sockets import connect as open_socket
from tests.contract.sse_transport import events
from tests.contract.stomp_client import StompClient
from tests.contract.transports import PIPES, WEBSOCKET
from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import JsonClient, connect
from tests.support.snake_keys import camel, snake_keys

DATA = {"user_id": "mine", "nested": {"read_at": [{"work_s": 1}]}, "routing": {"path": "/o_1"}}
JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Instances:
    """The addresses of one that names fields in snake_case, and of one in camelCase."""

    snake: str
    camel: str


@pytest.fixture(scope="module")
def instances(site: Site) -> Iterator[Instances]:
    server = site.deployment.add(BELLWIRE_JSON_CASE="camel")
    yield Instances(site.url, server.url)
    server.stop()


async def notify(site: Site, person: ApiUser) -> None:
    body = {
        "user_ids": [person.id],
        "type": "ORDER_CREATED",
        "message": "Two items",
        "reference_id": "7",
        "reference_type": "order",
        "data": DATA,
    }
    answer = await asyncio.to_thread(site.http.post, f"{site.url}{SEND}", json=body)
    assert answer.status_code == 201, answer.text


def is_the_same_in_camel_case(shown: Any, plain: Any) -> None:
    assert shown == camel(plain)
    assert snake_keys(shown) == []
    assert snake_keys(plain)


# --- what the transports show, bare --------------------------------------------------------------


async def test_a_notification_is_shown_in_the_case_of_its_instance(
    site: Site, instances: Instances, transport: Transport
) -> None:
    alice = site.person()
    subscription = notifications_of(alice.id)
    async with (
        await transport.open(instances.snake, alice.token, subscription) as plain,
        await transport.open(instances.camel, alice.token, subscription) as shown,
    ):
        await notify(site, alice)
        await plain.receives(1)
        await shown.receives(1)
        since = shown.position
    [body] = shown.bodies
    body.pop("notificationId", None)
    is_the_same_in_camel_case(body, plain.bodies[0])
    assert body["data"] == DATA
    assert {"userId", "referenceId", "referenceType", "createdAt", "readAt"} <= set(body)
    # Replayed, and live: what was sent meanwhile, at the other instance too.
    await notify(site, alice)
    async with await transport.open(
        instances.camel, alice.token, subscription, since=since
    ) as again:
        await again.receives(1)
        assert again.bodies[0]["referenceId"] == "7"
        assert again.bodies[0]["data"] == DATA


async def test_a_message_is_shown_in_the_case_of_its_instance(
    site: Site, instances: Instances, transport: Transport
) -> None:
    alice = site.person()
    room = site.room(alice)
    async with (
        await transport.open(instances.snake, alice.token, messages_of(room)) as plain,
        await transport.open(instances.camel, alice.token, messages_of(room)) as shown,
    ):
        await site.posts(alice, room, "hello")
        await plain.receives(1)
        await shown.receives(1)
    is_the_same_in_camel_case(shown.bodies, plain.bodies)
    assert {"roomId", "clientId", "replyTo", "editedAt"} <= set(shown.bodies[0])


# --- envelopes ------------------------------------------------------------------------------------

# Of one topic, from its first event on: what a transport shows of each, in order.
Envelopes = list[dict[str, Any]]


async def over_sse(url: str, person: ApiUser, topic: str, count: int) -> Envelopes:
    stream = await open_stream(url, f"/sse?topic={topic}&since=0", headers=in_header(person.token))
    found: Envelopes = []
    async with asyncio.timeout(PATIENCE_S):
        async for event in events(stream):
            if event.data and "offset" in (envelope := json.loads(event.data)):
                found.append(envelope)
            if len(found) == count:
                break
    stream.cut()
    return found


async def over_polls(url: str, person: ApiUser, topic: str, count: int) -> Envelopes:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as http:
        query = {"topic": topic, "since": "0"}
        answer = await http.get(
            f"{url}/long-polling", params=query, headers=in_header(person.token)
        )
    found: Envelopes = answer.json()
    return found


def over_stomp(kind: PipeKind) -> Any:
    async def over(url: str, person: ApiUser, topic: str, count: int) -> Envelopes:
        destination = "/user/queue/events" if topic.startswith("users/") else f"/topic/{topic}"
        async with await StompClient.connect(kind, url, person.token) as client:
            await client.subscribe(destination, offset="0")
            return await client.until(lambda: _logged(client, count))

    return over


def _logged(client: StompClient, count: int) -> Envelopes | None:
    found = [frame.json for frame in client.messages() if "offset" in frame.headers]
    return found if len(found) >= count else None


async def over_json(url: str, person: ApiUser, topic: str, count: int) -> Envelopes:
    async with await _plain(url, person) as client:
        await client.asks("subscribe", topic=topic, offset=0)
        return await client.until(
            lambda: found if len(found := client.events(topic)) >= count else []
        )


async def _plain(url: str, person: ApiUser, query: str = "") -> JsonClient:
    return await connect(f"ws{url.removeprefix('http')}", person.token, path=f"/ws{query}")


ENVELOPES = [
    over_sse,
    over_polls,
    over_json,
    *(pytest.param(over_stomp(kind), id=f"over_stomp-{kind.name}") for kind in PIPES),
]


@pytest.fixture(scope="module")
def story(site: Site) -> tuple[ApiUser, int]:
    """Somebody with a room, and what has happened there and to their notifications."""
    alice, bob = site.person("alice"), site.person("bob")
    room = site.room(alice, bob)
    for _ in range(2):
        asyncio.run(notify(site, alice))
    headers = in_header(alice.token)
    api = f"{site.url}/api/v1"
    row, _ = site.http.get(f"{api}/notifications", headers=headers).json()["results"]
    asked = [
        ("PUT", f"/notifications/{row['id']}/read", None),
        ("PUT", "/notifications/read-all", None),
        ("DELETE", f"/notifications/{row['id']}", None),
        ("POST", f"/rooms/{room}/messages", {"content": "hello", "client_id": "c1"}),
        ("PATCH", f"/rooms/{room}", {"settings": {"work_s": 60, "my_key": 1}}),
        ("POST", f"/rooms/{room}/read", {"offset": 1}),
        ("DELETE", f"/rooms/{room}/members/{bob.id}", None),
    ]
    for method, path, body in asked:
        answer = site.http.request(method, api + path, json=body, headers=headers)
        assert answer.status_code in (200, 201, 204), (path, answer.text)
    job = {"user_id": alice.id, "title": "Report"}
    assert site.http.post(f"{api}/jobs", json=job).status_code == 201
    return alice, room


@pytest.mark.parametrize("over", ENVELOPES)
@pytest.mark.parametrize("kind", ["users", "rooms"])
async def test_every_event_has_its_fields_in_the_case_of_its_instance(
    site: Site, instances: Instances, story: tuple[ApiUser, int], over: Any, kind: str
) -> None:
    alice, room = story
    topic = f"users/{alice.id}" if kind == "users" else f"rooms/{room}"
    count = site.head(topic)[1]
    plain = await over(instances.snake, alice, topic, count)
    shown = await over(instances.camel, alice, topic, count)
    types = [event["type"] for event in plain]
    reported = [
        "notification",
        *(f"notification.{what}" for what in ("read", "read_all", "deleted")),
    ]
    wanted = {
        "users": [*reported, "job", "room.added"],
        "rooms": ["message", "settings", "member.left"],
    }
    assert set(types) >= set(wanted[kind])
    assert [event["type"] for event in shown] == types
    for one, other in zip(shown, plain, strict=True):
        # The frame's own keys stay.
        assert {**one, "data": 0} == {**other, "data": 0}
        data = camel(other["data"])
        if other["type"] == "settings":
            data["my_key"] = data.pop("myKey")
        assert one["data"] == data
    if kind == "users":
        # What was deleted has left the log; what was not has its sender's keys.
        assert [one["data"]["data"] for one in shown if "data" in one["data"]] == [DATA, {}]


async def test_members_are_told_the_same_beside_the_older_names(
    site: Site, instances: Instances
) -> None:
    alice = site.person()
    await notify(site, alice)
    async with await StompClient.connect(WEBSOCKET, instances.camel, alice.token) as client:
        await client.subscribe("/member/queue/notification", offset="0")
        await client.receives(1)
        [body] = [frame.json for frame in client.messages()]
    assert body["memberId"] == body["userId"] == alice.id
    assert (body["notificationId"], body["redirectPath"]) == (body["id"], body["link"])
    assert snake_keys(body) == []


# --- a room's socket ------------------------------------------------------------------------------


async def test_a_rooms_socket_speaks_camel_case_both_ways(site: Site, instances: Instances) -> None:
    alice, bob = site.person("alice"), site.person("bob")
    room = site.room(alice, bob)
    ws = f"ws{instances.camel.removeprefix('http')}"
    path = f"/ws/room/{room}"
    async with (
        await connect(ws, alice.token, path=path) as one,
        await connect(ws, bob.token, path=path) as other,
    ):
        greeting = await one.receives("connected")
        assert {"user_id", "connection_id", "heartbeat_s"} <= set(greeting)
        snapshot = (await one.receives("subscribed"))["snapshot"]
        assert {member["userId"] for member in snapshot["members"]} == {alice.id, bob.id}
        await other.receives("subscribed")

        said = await one.asks("message", content="hello", clientId="c1")
        assert set(said["data"]) == {"id", "offset", "clientId"}
        assert (await one.asks("message", content="hello", client_id="c1"))["data"] == said["data"]
        reply = await other.asks("message", content="hi", replyTo=said["data"]["id"])
        assert reply["type"] == "ok"
        received = await one.receives("message", 2)
        assert (received["data"]["replyTo"], received["data"]["userId"]) == (
            said["data"]["id"],
            bob.id,
        )
        twice = await one.asks("message", content="x", clientId="a", client_id="b")
        assert (twice["type"], twice["code"]) == ("error", "BAD_FRAME")
        assert "the same field" in twice["message"]
        for data, text in (
            ({"content": "x", "replyTo": "?"}, "`replyTo` is not an integer"),
            ({"content": "x", "reply_to": 2**40}, "`replyTo`: No such message"),
            ({"content": "x", "clientId": 1}, "`clientId` is not a string"),
        ):
            refused = await one.asks("message", **data)
            assert (refused["type"], refused["code"]) == ("error", "BAD_FRAME")
            assert refused["message"].startswith(text)
        await other.sends_command("typing")
        assert (await one.receives("typing"))["data"] == {"userId": bob.id}
        assert snake_keys([frame.get("data") for frame in one.frames]) == []


# --- a client that asks ---------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["snake", "camel"])
async def test_a_client_is_answered_in_the_case_that_it_asks_for(
    site: Site, instances: Instances, asked: str
) -> None:
    alice = site.person()
    await notify(site, alice)
    wanted = "userId" if asked == "camel" else "user_id"
    other = instances.snake if asked == "camel" else instances.camel
    headers = in_header(alice.token)
    query = f"?case={asked}&since=0"
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S, headers=headers) as http:
        [polled] = (await http.get(f"{other}/long-polling/notifications{query}")).json()
        assert wanted in polled
        refused = await http.get(f"{other}/long-polling/notifications?case=kebab")
        assert (refused.status_code, refused.json()["code"]) == (400, "INVALID")
        session = f"{other}/ws/000/{uuid.uuid4().hex}"
        agent = {"User-Agent": BROWSER}
        opened = await http.post(f"{session}/xhr?case={asked}", headers=agent)
        assert opened.text == "o\n"
        subscribe = {"type": "subscribe", "data": {"topic": alice.topic, "offset": 0}}
        sent = json.dumps([json.dumps(subscribe)])
        await http.post(f"{session}/xhr_send", content=sent, headers=agent)
        received: list[Any] = []
        while not (found := [each for each in received if each["type"] == "notification"]):
            frame = (await http.post(f"{session}/xhr", headers=agent)).text.strip()
            received += [json.loads(each) for each in json.loads(frame[1:])]
        assert wanted in found[0]["data"]
    stream = await open_stream(other, f"/sse/notifications{query}", headers=headers)
    async with asyncio.timeout(PATIENCE_S):
        reported = [json.loads(event.data) async for event in _first(stream)]
    assert wanted in reported[0]
    async with await _plain(other, alice, f"?case={asked}") as client:
        await client.asks("subscribe", topic=alice.topic, offset=0)
        assert wanted in (await client.receives("notification"))["data"]
    path = f"/ws/000/{uuid.uuid4().hex}/websocket?case={asked}"
    opened_socket = await open_socket(other, path)
    assert await opened_socket.recv() == "o"
    stomp = StompClient(SockJsWebSocketPipe(opened_socket), "1.2")
    async with stomp:
        await stomp.connects(alice.token)
        await stomp.subscribe("/user/queue/notifications", offset="0")
        await stomp.receives(1)
        assert wanted in stomp.messages()[0].json


async def _first(stream: Any) -> Any:
    async for event in events(stream):
        if event.data:
            yield event
            break
    stream.cut()


async def test_a_socket_that_asks_for_no_case_that_there_is_is_told(
    site: Site, instances: Instances
) -> None:
    alice = site.person()
    async with await _plain(instances.camel, alice, "?case=kebab") as client:
        assert (await client.asks("ping"))["type"] == "pong"
        [error] = client.all_of("error")
        assert error["code"] == "BAD_FRAME"
        assert "`case`" in error["message"]
