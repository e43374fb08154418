"""Removed from a room, or its room deleted, a user receives nothing more on any transport."""

import asyncio

import pytest

from tests.contract.lines import RefusedError, Transport, messages_of
from tests.contract.site import ApiUser, Site
from tests.contract.transports import TRANSPORTS
from tests.support.json_client import JsonClient, connect

SHOWN = "before"
HIDDEN = "between those who stayed"


async def goes(site: Site, way: str, alice: ApiUser, bob: ApiUser, room: int) -> None:
    """Another process takes bob out of the room, or the room away."""
    if way == "sent away":
        await asyncio.to_thread(site.backstage.call, "send_away", user_id=bob.id, room_id=room)
        await site.posts(alice, room, HIDDEN)
    else:
        await asyncio.to_thread(site.backstage.call, "close_room", room_id=room)


@pytest.mark.parametrize("way", ["sent away", "room deleted"])
@pytest.mark.parametrize(
    "transport",
    [each for each in TRANSPORTS if each.name != "json"],
    ids=lambda transport: transport.name,
)
async def test_the_line_ends_with_what_a_stranger_is_told(
    site: Site, transport: Transport, way: str
) -> None:
    alice, bob = site.person("alice"), site.person("bob")
    room = site.room(alice, bob)
    async with await transport.open(site.servers[1].url, bob.token, messages_of(room)) as line:
        await site.posts(alice, room, SHOWN)
        await line.receives_text(SHOWN)
        await goes(site, way, alice, bob, room)
        end = await line.ends()
    assert line.texts == [SHOWN]
    assert end.code in ("NOT_FOUND", "")  # a stream's body has no place for it but its last event
    with pytest.raises(RefusedError) as refused:
        await transport.open(site.url, bob.token, messages_of(room), since=line.position)
    assert refused.value.end.code == "NOT_FOUND"


async def on_rooms_own_socket(site: Site, who: ApiUser, room: int) -> JsonClient:
    line = await connect(site.servers[1].ws_url, who.token, path=f"/ws/room/{room}")
    await line.receives("subscribed")
    return line


@pytest.mark.parametrize(
    ("is_open", "close"), [(False, (1008, "Not found")), (True, (1008, "Forbidden"))]
)
async def test_a_rooms_own_socket_is_closed(
    site: Site, is_open: bool, close: tuple[int, str]
) -> None:
    alice, bob = site.person("alice"), site.person("bob")
    room = site.room(alice, bob, is_open=is_open)
    async with await on_rooms_own_socket(site, bob, room) as line:
        await goes(site, "sent away", alice, bob, room)
        assert await line.is_closed() == close
    assert line.frames[-1]["code"] == close[1].upper().replace(" ", "_")
    [left] = line.all_of("member.left")
    assert left["data"] == {"user_id": bob.id}
    assert not line.all_of("message")


@pytest.mark.parametrize("way", ["sent away", "room deleted"])
async def test_a_socket_with_other_subscriptions_keeps_them(site: Site, way: str) -> None:
    alice, bob = site.person("alice"), site.person("bob")
    room, other = site.room(alice, bob), site.room(alice, bob)
    async with await connect(
        site.servers[1].ws_url, bob.token, path="/ws", subprotocol="bellwire.json"
    ) as line:
        for each in (room, other):
            await line.subscribes(f"rooms/{each}")
        await goes(site, way, alice, bob, room)
        assert (await line.receives("unsubscribed"))["topic"] == f"rooms/{room}"
        await site.posts(alice, other, "go on")
        said = await line.receives("message")
        assert (said["topic"], said["data"]["content"]) == (f"rooms/{other}", "go on")
        assert f"rooms/{room}" not in (await line.asks("ping"))["positions"]
        refused = await line.subscribes(f"rooms/{room}")
        assert (refused["type"], refused["code"]) == ("error", "NOT_FOUND")


async def test_the_others_stay_and_who_comes_back_hears_everything_again(site: Site) -> None:
    alice, bob = site.person("alice"), site.person("bob")
    room = site.room(alice, bob, is_open=True)
    async with await on_rooms_own_socket(site, alice, room) as stays:
        async with await on_rooms_own_socket(site, bob, room) as line:
            await goes(site, "sent away", alice, bob, room)
            await line.is_closed()
        headers = {"Authorization": f"Bearer {bob.token}"}
        url = f"{site.url}/api/v1/rooms/{room}/join"
        joined = await asyncio.to_thread(site.http.post, url, headers=headers)
        assert joined.status_code == 200
        epoch, _ = line.positions[f"rooms/{room}"]
        # What was said while they were out they may read now; the old `member.left` ends nothing.
        async with await connect(
            site.servers[1].ws_url, bob.token, path=f"/ws/room/{room}", since=f"{epoch}:0"
        ) as again:
            await again.receives("member.joined", 2)
            await site.posts(alice, room, "welcome")
            await again.receives("message", 2)
        await stays.receives("message", 2)
    assert [frame["data"]["content"] for frame in again.all_of("message")] == [HIDDEN, "welcome"]
    assert [frame["type"] for frame in stays.events(f"rooms/{room}")] == [
        "member.left",
        "message",
        "member.joined",
        "message",
    ]
