"""A line that was lost is taken up where it was, or the client is told that it cannot be."""

import httpx
import pytest

from tests.contract.conftest import KEPT
from tests.contract.lines import Transport, messages_of, notifications_of
from tests.contract.site import BROADCAST, ApiUser, Site
from tests.support.deadlines import PATIENCE_S

COUNT = 6


async def _after_some_events(site: Site) -> tuple[ApiUser, str, int]:
    """Somebody with COUNT events, half as many broadcasts between; the epoch, and the broadcasts'
    head before."""
    alice = site.person()
    epoch, before = site.head(BROADCAST)
    events = [(alice.topic, f"mine {n}") for n in range(1, COUNT + 1)]
    for n in range(COUNT // 2, 0, -1):
        events.insert(2 * n, (BROADCAST, f"all {n}"))
    await site.publishes(*events)
    return alice, epoch, before


async def test_every_position_is_resumed_without_loss_or_double(
    site: Site, transport: Transport
) -> None:
    alice, epoch, before = await _after_some_events(site)
    for mine in range(COUNT + 1):
        everyones = mine // 2
        since = f"{epoch}:{mine};{epoch}:{before + everyones}"
        wanted = [f"mine {n}" for n in range(mine + 1, COUNT + 1)]
        wanted += [f"all {n}" for n in range(everyones + 1, COUNT // 2 + 1)]
        subscription = notifications_of(alice.id)
        async with await transport.open(site.url, alice.token, subscription, since=since) as line:
            # With the bells of the earlier rounds, which are news to this position as well.
            await line.receives(len(wanted) + mine)
            # What is replayed twice would come before what is sent now.
            bell = f"bell {mine}"
            await site.sends(alice, bell)
            received = await line.receives_text(bell)
        assert line.recovered
        assert [text for text in received if text.startswith("mine")] == wanted[: COUNT - mine]
        assert [text for text in received if text.startswith("all")] == wanted[COUNT - mine :]
        bells = [f"bell {n}" for n in range(mine + 1)]
        assert [text for text in received if text.startswith("bell")] == bells


async def test_with_one_part_broadcasts_start_from_now(site: Site, transport: Transport) -> None:
    alice, epoch, _ = await _after_some_events(site)
    subscription = notifications_of(alice.id)
    for since in (f"{epoch}:4", "4"):
        async with await transport.open(site.url, alice.token, subscription, since=since) as line:
            await line.receives(2)
            await site.publishes((BROADCAST, "now"))
            received = await line.receives(3)
        assert line.recovered
        assert received == ["mine 5", "mine 6", "now"]
        # The transport filled in the epoch that a bare offset leaves open.
        assert line.position.startswith(f"{epoch}:{COUNT};{epoch}:")


async def test_a_room_is_resumed(site: Site, transport: Transport) -> None:
    alice = site.person()
    room = site.room(alice)
    async with await transport.open(site.url, alice.token, messages_of(room)) as line:
        await site.posts(alice, room, "one", "two")
        await line.receives(2)
    await site.posts(alice, room, "three", "four")
    subscription = messages_of(room)
    async with await transport.open(
        site.url, alice.token, subscription, since=line.position
    ) as again:
        await site.posts(alice, room, "five")
        assert await again.receives(3) == ["three", "four", "five"]


async def test_a_gap_is_told_and_nothing_is_replayed_in_part(
    site: Site, transport: Transport
) -> None:
    alice = site.person()
    epoch, everyones = site.head(BROADCAST)
    await site.publishes(*((alice.topic, str(n)) for n in range(KEPT + 50)), at_once=True)
    subscription = notifications_of(alice.id)
    for since in (f"{epoch}:10", "another:3", f"{epoch}:{10**6}"):
        asked = f"{since};{epoch}:{everyones}"
        async with await transport.open(site.url, alice.token, subscription, since=asked) as line:
            await site.sends(alice, "now")
            assert await line.receives(1) == ["now"]
        assert not line.recovered
    # The oldest position that the log still reaches back to.
    reachable = f"{epoch}:{KEPT + 50 + 3 - KEPT};{epoch}:{everyones}"
    async with await transport.open(site.url, alice.token, subscription, since=reachable) as line:
        assert len(await line.receives(KEPT)) == KEPT
    assert line.recovered


async def test_who_joins_later_is_shown_nothing_from_before(
    site: Site, transport: Transport
) -> None:
    """Whatever old position is named, and whoever sent it; the position goes on over it."""
    epoch, before = site.head(BROADCAST)
    await site.broadcasts("old 1", "old 2")
    await site.sends_to_all("old 3")
    late = site.person("late")
    await site.sends_to_all("new")
    subscription = notifications_of(late.id)
    since = f"{epoch}:0;{epoch}:{before}"
    async with await transport.open(site.url, late.token, subscription, since=since) as line:
        assert await line.receives(1) == ["new"]
        await site.sends_to_all("live")
        assert await line.receives(2) == ["new", "live"]
        assert line.recovered
        await line.until(lambda: line.at[BROADCAST] == site.head(BROADCAST))


@pytest.mark.parametrize("path", ["/sse", "/long-polling"])
async def test_a_topic_alone_hides_what_was_before(site: Site, path: str) -> None:
    epoch, before = site.head(BROADCAST)
    await site.sends_to_all("old")
    late = site.person("late")
    await site.sends_to_all("new")
    headers = {"Authorization": f"Bearer {late.token}"}
    params = {"topic": BROADCAST, "since": f"{epoch}:{before}"}
    said = ""
    async with (
        httpx.AsyncClient(base_url=site.url, timeout=PATIENCE_S, trust_env=False) as http,
        http.stream("GET", path, params=params, headers=headers) as answer,
    ):
        async for part in answer.aiter_text():
            said += part
            if "new" in said:
                break
    assert "old" not in said
