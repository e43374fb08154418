"""What a user has switched off comes through no transport, and the position goes on over it."""

from tests.contract.lines import Transport, notifications_of
from tests.contract.pipes import WebSocketKind
from tests.contract.site import BROADCAST, Site
from tests.contract.stomp_client import StompClient


async def test_what_is_off_is_not_pushed_from_the_moment_on_which_it_is_off(
    site: Site, transport: Transport
) -> None:
    alice = site.person()
    async with await transport.open(site.url, alice.token, notifications_of(alice.id)) as line:
        await site.sends(alice, "a like before", type="BLOG_LIKE")
        await line.receives(1)
        await site.prefers(alice, blog=False)
        head = site.head(alice.topic)
        await site.sends(alice, "a like", type="BLOG_LIKE")
        await site.sends_to_all("a comment", type="BLOG_COMMENT")
        await site.sends(alice, "an order")
        # Broadcasts are another topic: the last one shows that the one before it has passed.
        await site.sends_to_all("news")
        assert sorted(await line.receives(3)) == ["a like before", "an order", "news"]
        await line.until(lambda: line.at[alice.topic] == (head[0], head[1] + 2))
        await line.until(lambda: line.at[BROADCAST] == site.head(BROADCAST))


async def test_what_is_off_is_not_replayed_and_is_once_it_is_on_again(
    site: Site, transport: Transport
) -> None:
    alice = site.person()
    epoch, everyones = site.head(BROADCAST)
    since = f"{epoch}:0;{epoch}:{everyones}"
    await site.prefers(alice, blog=False)
    await site.sends(alice, "a like", type="BLOG_LIKE")
    await site.sends(alice, "an order")
    await site.sends_to_all("a comment", type="BLOG_COMMENT")
    await site.sends_to_all("news")
    subscription = notifications_of(alice.id)
    async with await transport.open(site.url, alice.token, subscription, since=since) as line:
        assert await line.receives(2) == ["an order", "news"]
        assert line.recovered
    # A preference is part of the history as well: what is replayed before it was not hidden then.
    await site.prefers(alice, blog=True)
    await site.sends(alice, "another like", type="BLOG_LIKE")
    async with await transport.open(
        site.url, alice.token, subscription, since=f"{epoch}:1;{epoch}:{everyones}"
    ) as line:
        wanted = ["a like", "an order", "another like", "a comment", "news"]
        assert await line.receives(5) == wanted


async def test_who_hears_broadcasts_alone_hears_of_new_preferences_too(site: Site) -> None:
    alice = site.person()
    kind = WebSocketKind()
    async with await StompClient.connect(kind, site.url, alice.token) as client:
        await client.subscribe("/topic/broadcast")
        # And who has left their own queue, which told of them until now.
        await client.subscribe("/user/queue/notifications", "queue")
        await client.asks("UNSUBSCRIBE", id="queue")
        await site.prefers(alice, blog=False)
        await site.sends_to_all("a comment", type="BLOG_COMMENT")
        await site.sends_to_all("news")
        assert await client.receives(1, "sub") == ["news"]
        await site.prefers(alice, blog=True)
        await site.sends_to_all("another", type="BLOG_COMMENT")
        assert await client.receives(2, "sub") == ["news", "another"]


async def test_a_broadcast_changes_the_count_of_everyone_who_is_there(site: Site) -> None:
    alice = site.person()
    kind = WebSocketKind()
    async with await StompClient.connect(kind, site.url, alice.token) as client:
        await client.subscribe("/user/queue/events")
        await client.until(lambda: [f for f in client.messages() if _count(f.json) == 0])
        await site.sends_to_all("news")
        await client.until(lambda: [f for f in client.messages() if _count(f.json) == 1])


def _count(frame: dict[str, object]) -> int | None:
    if frame["type"] != "unread_count":
        return None
    data = frame["data"]
    assert isinstance(data, dict)
    return int(data["count"])
