"""A position is one thing on all doors: a client changes transport in mid-stream."""

import asyncio

from tests.contract.conftest import KEPT
from tests.contract.lines import Door, notifications_of
from tests.contract.site import BROADCAST, Person, Site
from tests.contract.transports import DOORS

# Heard on each line before the next one takes over.
A_STAY = 3
# So fast that a line has news before it is left.
PACE_S = 0.01
# So many may be sent that no line before the present one has heard: the log reaches back further.
AHEAD = KEPT // 2


async def _stream(site: Site, alice: Person, sent: list[tuple[str, str]], heard: list[str]) -> None:
    number = 0
    while True:
        if number >= len(heard) + AHEAD:
            await asyncio.sleep(PACE_S)
            continue
        number += 1
        event = (alice.topic if number % 2 else BROADCAST, str(number))
        await site.publishes(event)
        sent.append(event)
        await asyncio.sleep(PACE_S)


async def test_nothing_is_lost_or_doubled_from_here_to_every_other_door_and_back(
    site: Site, door: Door
) -> None:
    alice = site.person()
    reading = notifications_of(alice.id)
    others = [other for other in DOORS if other is not door]
    journey = [stop for other in others for stop in (door, other)] + [door]
    urls = [server.url for server in site.servers[:2]]
    heard: list[str] = []
    sent: list[tuple[str, str]] = []
    since = ""
    stream: asyncio.Task[None] | None = None
    for number, stop in enumerate(journey):
        url = urls[number % 2]
        async with await stop.open(url, alice.token, reading, since=since) as line:
            stream = stream or asyncio.create_task(_stream(site, alice, sent, heard))
            await line.hears(A_STAY)
            assert line.recovered, (stop.name, since)
            assert line.end is None
            # The next door opens while this line is still being written to, and is cut off.
            since = line.position
            heard += line.texts
    assert stream is not None
    stream.cancel()
    await asyncio.gather(stream, return_exceptions=True)
    async with await journey[0].open(urls[0], alice.token, reading, since=since) as last:
        await site.publishes((alice.topic, "end"), (BROADCAST, "end of all"))
        await last.hears_text("end")
        await last.hears_text("end of all")
        heard += [text for text in last.texts if not text.startswith("end")]
    for topic in reading.topics:
        wanted = [text for each, text in sent if each == topic]
        got = [text for text in heard if int(text) % 2 == int(wanted[0]) % 2]
        # The last one may have been published without the task being told.
        assert got[: len(wanted)] == wanted
        assert len(got) - len(wanted) <= 1
