"""A room's own socket: greeted at once, subscribed with the snapshot, resumed by `?since=`."""

import pytest

from tests.contract.site import ApiUser, Site
from tests.support.json_client import JsonClient, connect

PATHS = ["/ws/room/{}", "/api/v1/matching/chat/{}/ws"]


async def joins(
    site: Site, who: ApiUser, room: int | str, path: str, since: str = ""
) -> JsonClient:
    # The first instance's address, with the room's path.
    return await connect(
        site.servers[0].ws_url, who.token, path=path.format(room), since=since or None
    )


@pytest.mark.parametrize("path", PATHS)
async def test_a_member_is_shown_the_room_and_what_is_said_and_goes_on_after_a_break(
    site: Site, path: str
) -> None:
    alice, bob = site.person("alice"), site.person("bob")
    room = site.room(alice, bob)
    async with await joins(site, bob, room, path) as line:
        await line.until(lambda: line.all_of("subscribed"))
        [start] = line.all_of("subscribed")
        assert start["topic"] == f"rooms/{room}"
        names = {member["user_id"] for member in start["snapshot"]["members"]}
        assert names == {alice.id, bob.id}
        await site.posts(alice, room, "one", "two")
        await line.until(lambda: len(line.all_of("message")) == 2)
    await site.posts(alice, room, "three")
    last = line.all_of("message")[-1]
    since = f"{last['epoch']}:{last['offset']}"
    async with await joins(site, bob, room, path, since) as again:
        await again.until(lambda: again.all_of("message"))
        said = [each["data"]["content"] for each in again.all_of("message")]
        assert said == ["three"]


@pytest.mark.parametrize("path", PATHS)
async def test_others_learn_of_open_rooms_only_that_they_are_there(site: Site, path: str) -> None:
    alice, eve = site.person("alice"), site.person("eve")
    closed, is_open = site.room(alice), site.room(alice, is_open=True)
    for room, refusal in (
        (closed, (1008, "Not found")),
        ("no-such-room", (1008, "Not found")),
        (is_open, (1008, "Forbidden")),
    ):
        line = await joins(site, eve, room, path)
        assert await line.is_closed() == refusal
        assert line.frames[-1]["code"] == refusal[1].upper().replace(" ", "_")
