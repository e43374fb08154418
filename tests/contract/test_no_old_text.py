"""No text that was edited or deleted can be read again by a member, wherever they look for it.

One walk: texts are said, sent, heard without being acknowledged, and then edited and taken back in
every way there is. After that everything that shows texts is asked for all it has, on both
instances.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import httpx

from tests.contract.http_stream import open_stream
from tests.contract.lines import (
    Transport,
    in_header,
    messages_of,
    notifications_of,
)
from tests.contract.pipes import PipeKind
from tests.contract.site import ApiUser, Site
from tests.contract.stomp_client import StompClient
from tests.contract.transports import PIPES, TRANSPORTS, WEBSOCKET
from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import connect

API = "/api/v1"
# In every text that is taken back, in several places of it; in what stays is none of them.
OLD = "4111-1111"
NEW = "(removed)"
# Said and sent after everything: what came before it has come.
MARK = "and that is all"
RESENT = "resent"


class Walk:
    """Alice and Bob in a room, a service, and what has become of all that was said."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.alice, self.bob = site.person("alice"), site.person("bob")
        self.room = site.room(self.alice, self.bob)
        self._positions = {
            topic: site.head(topic) for topic in (f"rooms/{self.room}", self.bob.topic, "broadcast")
        }

    def since(self, *topics: str) -> str:
        """The position from before anything was said."""
        return ";".join("{}:{}".format(*self._positions[topic]) for topic in topics)

    def position(self, topic: str) -> tuple[str, int]:
        return self._positions[topic]

    def asks(self, method: str, path: str, person: ApiUser | None = None, **body: Any) -> Any:
        """REST, as a person, else as the service."""
        headers = {} if person is None else in_header(person.token)
        url = self.site.url + API + path
        # As the service is whom the header does not name.
        answer = self.site.http.request(method, url, headers=headers, json=body or None)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def posts(self, content: str, **more: Any) -> int:
        said = self.asks(
            "POST", f"/rooms/{self.room}/messages", self.alice, content=content, **more
        )
        number: int = said["id"]
        return number

    def sends(self, message: str, **more: Any) -> dict[str, Any]:
        to = {"broadcast": True} if more.pop("everyone", False) else {"user_ids": [self.bob.id]}
        body = {"type": "ORDER_CREATED", "title": message, "data": {"text": message}, **more}
        sent: dict[str, Any] = self.asks(
            "POST", "/notifications/send", **to, message=message, **body
        )
        return sent

    def say_it_all(self) -> None:
        """Everything that will be taken back, and texts around it that stay."""
        self.posts("before")
        name = self.bob.name
        self.edited = self.posts(f"@{name} my card {OLD}", client_id=RESENT)
        self.kept = self.posts(f"@{name} another card {OLD}")
        self.deleted = self.posts(f"@{name} PIN of {OLD}")
        self.edited_and_deleted = self.posts(f"@{name} code of {OLD}")
        self.answer = self.posts(f"I mean {OLD}", reply_to=self.deleted)
        self.revoked = self.sends(f"revoked {OLD}", link=f"/cards/{OLD}", reference_id=OLD)
        self.own = self.sends(f"deleted {OLD}")
        self.sends(f"collapsed {OLD}", collapse_key="card")
        self.withdrawn = self.sends(f"withdrawn {OLD}", everyone=True, type="announcement")

    def take_it_all_back(self) -> None:
        messages = f"/rooms/{self.room}/messages"
        for text in (f"once more {OLD}", NEW):
            self.asks("PATCH", f"{messages}/{self.edited}", self.alice, content=text)
        self.asks("PATCH", f"{messages}/{self.kept}", self.alice, content=f"@{self.bob.name} {NEW}")
        self.asks("DELETE", f"{messages}/{self.deleted}", self.alice)
        again = f"{messages}/{self.edited_and_deleted}"
        self.asks("PATCH", again, self.alice, content=f"@{self.bob.name} no, {OLD}")
        self.asks("DELETE", again, self.alice)
        self.asks("PATCH", f"{messages}/{self.answer}", self.alice, content=NEW)
        self.asks("DELETE", f"/notifications/sent/{self.revoked['batch_id']}")
        self.asks("DELETE", f"/notifications/{self.own['ids'][0]}", self.bob)
        self.sends("collapsed", collapse_key="card")
        self.asks("DELETE", f"/notifications/sent/{self.withdrawn['batch_id']}")
        self.posts(MARK)
        self.sends(MARK)
        self.sends(MARK, everyone=True, type="announcement")


async def test_what_was_edited_or_deleted_is_read_again_nowhere(site: Site) -> None:
    walk = await asyncio.to_thread(Walk, site)
    async with await _subscribe(site.url, walk, acknowledge=True) as client:
        await asyncio.to_thread(walk.say_it_all)
        await client.until(lambda: len(_old(client)) >= 9)
    await asyncio.to_thread(walk.take_it_all_back)

    found: dict[str, str] = {}
    for server in site.servers:
        async for name, text in _looks(server.url, walk):
            found[f"{name} at {server.url}"] = text
    # The last, as there is no good-bye: some of these count as Bob's connections for a while.
    for kind in PIPES:
        name, text = await _json_inside(kind, site.servers[1].url, walk)
        found[name] = text
    assert [name for name, text in found.items() if MARK not in text] == []
    assert [name for name, text in found.items() if OLD in text] == []
    rest = dict([one async for one in _lists(site.url, walk)])
    assert [name for name, text in rest.items() if OLD in text] == []
    assert NEW in rest["the resend"]
    assert NEW in rest[f"GET /rooms/{walk.room}/messages"]


async def test_bare_streams_end_up_with_what_a_list_shows(site: Site) -> None:
    """Snapshot and what came since, by id: whether the edits were heard, or replayed."""
    walk = await asyncio.to_thread(Walk, site)
    subscription = messages_of(walk.room)
    before = walk.since(f"rooms/{walk.room}")
    await asyncio.to_thread(walk.say_it_all)
    middle = "{}:{}".format(*site.head(f"rooms/{walk.room}"))
    listed = await asyncio.to_thread(walk.asks, "GET", f"/rooms/{walk.room}/messages", walk.bob)
    snapshot = {row["id"]: row for row in listed["results"]}
    bare: list[Transport] = [transport for transport in TRANSPORTS if transport.name != "json"]
    lines = [
        await transport.open(site.servers[1].url, walk.bob.token, subscription, since=middle)
        for transport in bare[:3]
    ]
    await asyncio.to_thread(walk.take_it_all_back)
    fresh = await asyncio.to_thread(walk.asks, "GET", f"/rooms/{walk.room}/messages", walk.bob)
    wanted = {row["id"]: row for row in fresh["results"]}
    for line in lines:
        await line.receives_text(MARK)
        assert {**snapshot, **{body["id"]: body for body in line.bodies}} == wanted
        await line.close()
    for transport in bare:
        async with await transport.open(
            site.url, walk.bob.token, subscription, since=middle
        ) as line:
            await line.receives_text(MARK)
            assert {**snapshot, **{body["id"]: body for body in line.bodies}} == wanted
            # One for each that changed, however often it did.
            changed = [body["id"] for body in line.bodies]
            assert len(changed) == len(set(changed))
        async with await transport.open(
            site.url, walk.bob.token, subscription, since=before
        ) as line:
            await line.receives_text(MARK)
            assert line.bodies == fresh["results"]


def _old(client: StompClient) -> list[str]:
    return [frame.body for frame in client.messages() if OLD in frame.body]


def _is_marked(client: StompClient, destination: str) -> bool:
    return any(MARK in frame.body for frame in client.messages(destination))


async def _subscribe(url: str, walk: Walk, *, acknowledge: bool = False) -> StompClient:
    """Bob's STOMP client with everything there is; acknowledging nothing where it is asked to."""
    client = await StompClient.connect(WEBSOCKET, url, walk.bob.token)
    mode = "client-individual" if acknowledge else "auto"
    for destination, topics in _destinations(walk).items():
        headers: dict[str, str] = {}
        for topic, prefix in zip(topics, ("", "broadcast-"), strict=False):
            if not acknowledge:
                epoch, offset = walk.position(topic)
                headers |= {f"{prefix}offset": str(offset), f"{prefix}epoch": epoch}
        await client.subscribe(destination, name=destination, ack=mode, **headers)
    return client


def _destinations(walk: Walk) -> dict[str, list[str]]:
    mine, room = [walk.bob.topic, "broadcast"], [f"rooms/{walk.room}"]
    return {
        "/user/queue/notifications": mine,
        "/member/queue/notification": mine,
        "/topic/broadcast": ["broadcast"],
        "/user/queue/events": [walk.bob.topic],
        f"/topic/chat-rooms/{walk.room}/messages": room,
        f"/topic/chat-room/{walk.room}": room,
        f"/topic/rooms/{walk.room}": room,
    }


async def _looks(url: str, walk: Walk) -> AsyncIterator[tuple[str, str]]:
    """Everything that streams, from before anything was said: its name, and all that it showed."""
    for transport in TRANSPORTS:
        for subscription in (messages_of(walk.room), notifications_of(walk.bob.id)):
            since = walk.since(*subscription.topics)
            async with await transport.open(url, walk.bob.token, subscription, since=since) as line:
                await line.receives_text(MARK)
                yield f"{transport.name} {subscription.topics}", json.dumps(line.bodies)
    for name, acknowledged in (("stomp", False), ("stomp, unacknowledged", True)):
        async with await _subscribe(url, walk, acknowledge=acknowledged) as client:
            for destination in _destinations(walk):
                await client.until(partial(_is_marked, client, destination))
                yield f"{name} {destination}", str(client.messages(destination))
    since = walk.since(f"rooms/{walk.room}")
    ws = url.replace("http", "ws", 1)
    async with await connect(ws, walk.bob.token, path=f"/ws/room/{walk.room}", since=since) as room:
        await room.until(lambda: MARK in str(room.frames))
        yield "the room's own socket", json.dumps(room.frames)
    topics = [walk.bob.topic, "broadcast", f"rooms/{walk.room}"]
    query = "&".join(f"topic={topic}" for topic in topics) + f"&since={walk.since(*topics)}"
    headers = in_header(walk.bob.token)
    stream = await open_stream(url, f"/sse?{query}", headers=headers)
    shown = []
    async for each in stream.lines():
        shown.append(each)
        if "".join(shown).count(MARK) >= 3:
            break
    stream.cut()
    yield "enveloped events", "\n".join(shown)
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
        polled = await http.get(f"{url}/long-polling?{query}&timeout=0", headers=headers)
        yield "enveloped poll", polled.text


async def _json_inside(kind: PipeKind, url: str, walk: Walk) -> tuple[str, str]:
    """The JSON protocol over whatever carries it, with every topic."""
    headers = in_header(walk.bob.token)
    pipe = await kind.open(url, headers=headers, subprotocol="bellwire.json")
    topics = [walk.bob.topic, "broadcast", f"rooms/{walk.room}"]
    for topic in topics:
        epoch, offset = walk.position(topic)
        data = {"topic": topic, "epoch": epoch, "offset": offset}
        await pipe.send(json.dumps({"type": "subscribe", "data": data}))
    shown = ""
    async with asyncio.timeout(PATIENCE_S):
        while shown.count(MARK) < 3:
            shown += await pipe.receive()
    await pipe.close()
    return f"json over {kind.name}", shown


async def _lists(url: str, walk: Walk) -> AsyncIterator[tuple[str, str]]:
    """Everything that REST lists or finds for a member."""
    room = f"/rooms/{walk.room}"
    paths = [
        "/notifications?size=100",
        "/notifications?status=READ&size=100",
        "/notifications?category=social",
        "/notifications?type=mention",
        "/notifications/unread?size=100",
        "/rooms",
        room,
        f"{room}/messages",
        f"{room}/messages?after=0&limit=200",
        f"/messages?chat_room_id={walk.room}",
        f"/users?q={OLD}",
        "/jobs",
        "/chat/conversations",
    ]
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
        for path in paths:
            answer = await http.get(url + API + path, headers=in_header(walk.bob.token))
            assert answer.status_code == 200, (path, answer.text)
            yield f"GET {path}", answer.text
        again = await http.post(
            f"{url}{API}{room}/messages",
            headers=in_header(walk.alice.token),
            json={"content": "said before", "client_id": RESENT},
        )
        assert again.status_code == 200, again.text
        yield "the resend", again.text
