"""What the server writes is read in the reader's language through every transport."""

import asyncio
from typing import Any

from tests.contract.lines import Line, Transport, notifications_of
from tests.contract.site import ApiUser, Site
from tests.support.json_client import connect


async def speaks(site: Site, person: ApiUser, language: str) -> None:
    await asyncio.to_thread(site.backstage.call, "speaks", user_id=person.id, language=language)


def titles(line: Line) -> dict[str, Any]:
    """By the messages: nothing orders a broadcast against one's own."""
    assert not any("templates" in body for body in line.bodies)
    return {body["message"]: body["title"] for body in line.bodies}


async def test_a_broadcast_has_readers_of_several_languages(
    site: Site, transport: Transport
) -> None:
    english, korean = site.person("anne"), site.person("kim")
    await speaks(site, korean, "ko")
    # The one is on this instance, the other on that one, and one of each language on both.
    people = [(english, 0), (korean, 0), (english, 1), (korean, 1)]
    lines = [
        await transport.open(site.servers[place].url, person.token, notifications_of(person.id))
        for person, place in people
    ]
    try:
        await site.sends_to_all("news")
        for line, (person, _) in zip(lines, people, strict=True):
            await line.receives(1)
            assert titles(line) == {"news": "Announcement" if person is english else "공지사항"}
    finally:
        for line in lines:
            await line.close()


async def test_a_change_is_heard_at_once_and_what_is_replayed_reads_as_it_is_now(
    site: Site, transport: Transport
) -> None:
    kim = site.person("kim")
    subscription = notifications_of(kim.id)
    since = ";".join("{}:{}".format(*site.head(topic)) for topic in subscription.topics)
    async with await transport.open(site.servers[1].url, kim.token, subscription) as line:
        await site.sends(kim, "one")
        await line.receives(1)
        await speaks(site, kim, "ko")
        await site.sends(kim, "two")
        # Broadcasts are another topic: this one comes after the change has been heard.
        await line.receives(2)
        await site.sends_to_all("three")
        await line.receives(3)
        later = {"two": "주문이 접수되었습니다", "three": "공지사항"}
        assert titles(line) == {"one": "Order received", **later}
    async with await transport.open(site.url, kim.token, subscription, since=since) as line:
        await line.receives(3)
        assert titles(line) == {"one": "주문이 접수되었습니다", **later}


async def test_the_users_other_tabs_are_told(site: Site) -> None:
    kim = site.person("kim")
    client = await connect(site.servers[1].ws_url, kim.token)
    async with client:
        await client.receives("connected")
        await speaks(site, kim, "ko")
        frame = await client.receives("profile")
        assert frame["data"] == {"language": "ko", "time_zone": None}
