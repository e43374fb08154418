"""Deleted texts are not replayed to clients with an old position, on any transport."""

import asyncio

from tests.contract.lines import Transport, messages_of
from tests.contract.site import ApiUser, Site
from tests.support.json_client import connect

SECRET = "my password is tulip"
EDITED = "my password is rose"


async def somebody_takes_back(site: Site, alice: ApiUser, room: int) -> None:
    """Said, changed, and deleted between two others, by another process."""
    call = site.backstage.call
    await site.posts(alice, room, "before", SECRET)
    await asyncio.to_thread(call, "edit_last", user_id=alice.id, room_id=room, text=EDITED)
    await site.posts(alice, room, "after")
    await asyncio.to_thread(call, "delete_said", user_id=alice.id, room_id=room, text=EDITED)


async def test_an_old_position_is_replayed_without_the_text(
    site: Site, transport: Transport
) -> None:
    alice, bob = site.person("alice"), site.person("bob")
    room = site.room(alice, bob)
    subscription = messages_of(room)
    async with await transport.open(site.servers[1].url, bob.token, subscription) as before:
        position = before.position
        # Who was there has heard it, or what it was changed to, and this instance has a feed.
        await somebody_takes_back(site, alice, room)
        assert (await before.receives(3))[1] in (SECRET, EDITED, "")
        for server in site.servers:
            async with await transport.open(
                server.url, bob.token, subscription, since=position
            ) as again:
                assert await again.receives(3) == ["before", "", "after"]
            assert again.recovered
            assert again.bodies[1]["deleted_at"] is not None
            assert again.bodies[1]["offset"] == again.bodies[0]["offset"] + 1


async def test_who_is_shown_every_event_is_not_shown_the_text_either(site: Site) -> None:
    alice = site.person("alice")
    room = site.room(alice)
    epoch, head = site.head(f"rooms/{room}")
    await somebody_takes_back(site, alice, room)
    since, path = f"{epoch}:{head}", f"/ws/room/{room}"
    url = site.servers[1].ws_url
    async with await connect(url, alice.token, path=path, since=since) as line:
        await line.receives("message.deleted")
        received = [frame for frame in line.frames if "offset" in frame and "data" in frame]
    assert [frame["type"] for frame in received] == [
        "message",
        "message",
        "message.edited",
        "message",
        "message.deleted",
    ]
    assert received[1]["data"] == received[2]["data"] == received[4]["data"]
    assert "password" not in str(received)
