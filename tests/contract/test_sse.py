"""What only server-sent events have."""

import asyncio
import json
from typing import Any

import pytest

from tests.contract.http_stream import HttpStream, open_stream
from tests.contract.lines import in_header, messages_of, notifications_of
from tests.contract.site import BROADCAST, ApiUser, Site
from tests.contract.sse_transport import Event, SseTransport, events
from tests.support.deadlines import PATIENCE_S

NOTIFICATIONS = "/sse/notifications"


async def _open(site: Site, person: ApiUser, path: str, **headers: str) -> HttpStream:
    return await open_stream(site.url, path, headers=in_header(person.token) | headers)


async def _refusal(site: Site, person: ApiUser, path: str, method: str = "GET") -> tuple[int, Any]:
    stream = await open_stream(site.url, path, method=method, headers=in_header(person.token))
    body = json.loads(await stream.body())
    stream.cut()
    return stream.status, body["code"]


async def _take(stream: HttpStream, count: int) -> list[Event]:
    """The next events with data; the stream is left."""
    found: list[Event] = []
    async with asyncio.timeout(PATIENCE_S):
        async for event in events(stream):
            if event.data:
                found.append(event)
            if len(found) == count:
                break
    stream.cut()
    return found


async def test_a_stream_begins_with_its_headers_how_to_come_back_and_its_position(
    site: Site,
) -> None:
    alice = site.person()
    stream = await _open(site, alice, NOTIFICATIONS)
    assert stream.status == 200
    assert stream.headers["content-type"].split(";")[0] == "text/event-stream"
    assert "no-store" in stream.headers["cache-control"]
    assert stream.headers["x-accel-buffering"] == "no"
    lines = stream.lines()
    assert await anext(lines) == "retry: 3000"
    epoch, everyones = site.head(BROADCAST)
    while not (line := await anext(lines)).startswith("id:"):
        assert line == ""
    assert line == f"id: {epoch}:0;{epoch}:{everyones}"
    stream.cut()


async def test_since_resumes_and_last_event_id_is_the_newer_word(site: Site) -> None:
    alice = site.person()
    await site.publishes(*((alice.topic, str(n)) for n in range(1, 5)))
    epoch, _ = site.head(alice.topic)
    received = await _take(await _open(site, alice, f"{NOTIFICATIONS}?since={epoch}:2"), 2)
    assert [json.loads(event.data)["message"] for event in received] == ["3", "4"]
    again = {"Last-Event-ID": received[0].id or ""}
    stream = await _open(site, alice, f"{NOTIFICATIONS}?since={epoch}:2", **again)
    assert [json.loads(event.data)["message"] for event in await _take(stream, 1)] == ["4"]


async def test_a_gap_is_an_event_that_says_where_the_stream_stands(site: Site) -> None:
    alice = site.person()
    await site.publishes((alice.topic, "one"))
    epoch, _ = site.head(alice.topic)
    [gap] = await _take(await _open(site, alice, f"{NOTIFICATIONS}?since=elsewhere:1"), 1)
    assert gap.kind == "gap"
    assert json.loads(gap.data) == {"epoch": epoch, "offset": 1}


async def test_any_topic_that_one_may_read_is_streamed_in_its_envelope(site: Site) -> None:
    alice = site.person()
    room = site.room(alice)
    await site.posts(alice, room, "hello")
    [event] = await _take(await _open(site, alice, f"/sse?topic=rooms/{room}&since=0"), 1)
    said = json.loads(event.data)
    assert (said["type"], said["topic"], said["offset"]) == ("message", f"rooms/{room}", 1)
    assert said["data"]["content"] == "hello"
    stream = await _open(site, alice, f"/sse?topic={alice.topic}")
    await site.sends(alice, "one")
    types = [json.loads(event.data)["type"] for event in await _take(stream, 3)]
    # What is not logged has no `id:` of its own.
    assert sorted(types) == ["notification", "unread_count", "unread_count"]


async def test_what_is_said_in_a_room_comes_in_the_stream_of_a_members_own_topic(
    site: Site,
) -> None:
    alice, bob = site.person("alice"), site.person("bob")
    room = site.room(alice, bob)
    stream = await _open(site, alice, f"/sse?topic={alice.topic}")
    answer = await asyncio.to_thread(
        site.http.post,
        f"{site.url}/api/v1/rooms/{room}/messages",
        headers={"Authorization": f"Bearer {bob.token}"},
        json={"content": "Hello"},
    )
    # She was away, and so it is a notification as well, and counted.
    received = [json.loads(event.data) for event in await _take(stream, 4)]
    [reported] = [frame for frame in received if frame["type"] == "room.message"]
    assert reported["data"] == answer.json()


async def test_several_topics_are_one_stream_that_resumes_each_where_it_was(site: Site) -> None:
    alice = site.person()
    room = site.room(alice)
    await site.posts(alice, room, "first")
    await site.publishes((alice.topic, "one"))
    epoch, seen = site.head(alice.topic)
    await site.publishes((alice.topic, "two"))
    _, everyones = site.head(BROADCAST)
    topics = f"topic={alice.topic}&topic=broadcast&topic=rooms/{room}"
    since = f"{epoch}:{seen};{epoch}:{everyones};{epoch}:0"
    stream = await _open(site, alice, f"/sse?{topics}&since={since}")
    received = [event for event in await _take(stream, 3) if "unread_count" not in event.data]
    said = [json.loads(event.data) for event in received]
    assert sorted((one["topic"], one["offset"]) for one in said) == [
        (f"rooms/{room}", 1),
        (alice.topic, seen + 1),
    ]
    assert received[-1].id == f"{epoch}:{seen + 1};{epoch}:{everyones};{epoch}:1"


async def test_one_topic_that_is_refused_refuses_the_stream(site: Site) -> None:
    alice, bob = site.person(), site.person("bob")
    topics = f"topic={alice.topic}&topic={bob.topic}"
    assert await _refusal(site, alice, f"/sse?{topics}") == (403, "FORBIDDEN")
    many = "&".join(f"topic=rooms/{number}" for number in range(51))
    assert await _refusal(site, alice, f"/sse?{many}") == (400, "BAD_FRAME")


async def test_the_topics_of_others_are_refused(site: Site) -> None:
    alice, bob = site.person(), site.person("bob")
    assert await _refusal(site, alice, f"/sse?topic={bob.topic}") == (403, "FORBIDDEN")
    assert await _refusal(site, alice, f"/sse?topic=rooms/{site.room(bob)}") == (404, "NOT_FOUND")
    assert await _refusal(site, alice, "/sse?topic=weather") == (404, "NOT_FOUND")
    assert await _refusal(site, alice, "/sse") == (404, "NOT_FOUND")
    assert await _refusal(site, alice, "/sse/chat-rooms/tea/messages") == (404, "NOT_FOUND")


@pytest.mark.parametrize("since", ["x", "1;2;3", "a:b", "-1", ":1", "1.5", "%C2%B2"])
async def test_what_is_no_position_is_refused(site: Site, since: str) -> None:
    alice = site.person()
    assert await _refusal(site, alice, f"{NOTIFICATIONS}?since={since}") == (400, "INVALID")


async def test_only_get_opens_a_stream(site: Site) -> None:
    alice = site.person()
    status, _ = await _refusal(site, alice, NOTIFICATIONS, method="POST")
    assert status == 405


async def test_a_stream_that_was_left_no_longer_counts(site: Site) -> None:
    alice = site.person()
    for _ in range(12):
        async with await SseTransport().open(
            site.url, alice.token, notifications_of(alice.id)
        ) as line:
            assert line.end is None


async def test_two_rooms_are_two_streams(site: Site) -> None:
    alice = site.person()
    tea, cake = site.room(alice), site.room(alice)
    async with (
        await SseTransport().open(site.url, alice.token, messages_of(tea)) as one,
        await SseTransport().open(site.url, alice.token, messages_of(cake)) as other,
    ):
        await site.posts(alice, cake, "cake")
        await site.posts(alice, tea, "tea")
        assert await one.receives(1) == ["tea"]
        assert await other.receives(1) == ["cake"]
