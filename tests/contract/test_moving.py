"""A position is one thing on all transports: a client changes transport in mid-stream."""

import asyncio

from tests.contract.conftest import KEPT
from tests.contract.lines import Transport, notifications_of
from tests.contract.site import BROADCAST, ApiUser, Site
from tests.contract.transports import TRANSPORTS

# Heard on each line before the next one takes over.
A_STAY = 3
# So fast that a line has news before it is left.
PACE_S = 0.01
# So many may be sent that no line before the present one has heard: the log reaches back further.
AHEAD = KEPT // 2


async def _stream(
    site: Site, alice: ApiUser, sent: list[tuple[str, str]], received: list[str]
) -> None:
    number = 0
    while True:
        if number >= len(received) + AHEAD:
            await asyncio.sleep(PACE_S)
            continue
        number += 1
        event = (alice.topic if number % 2 else BROADCAST, str(number))
        await site.publishes(event)
        sent.append(event)
        await asyncio.sleep(PACE_S)


async def test_nothing_is_lost_or_doubled_from_here_to_every_other_transport_and_back(
    site: Site, transport: Transport
) -> None:
    alice = site.person()
    subscription = notifications_of(alice.id)
    others = [other for other in TRANSPORTS if other is not transport]
    journey = [stop for other in others for stop in (transport, other)] + [transport]
    urls = [server.url for server in site.servers[:2]]
    received: list[str] = []
    sent: list[tuple[str, str]] = []
    since = ""
    stream: asyncio.Task[None] | None = None
    for number, stop in enumerate(journey):
        url = urls[number % 2]
        async with await stop.open(url, alice.token, subscription, since=since) as line:
            stream = stream or asyncio.create_task(_stream(site, alice, sent, received))
            await line.receives(A_STAY)
            assert line.recovered, (stop.name, since)
            assert line.end is None
            # The next transport opens while this line is still being written to, and is cut off.
            since = line.position
            received += line.texts
    assert stream is not None
    stream.cancel()
    await asyncio.gather(stream, return_exceptions=True)
    async with await journey[0].open(urls[0], alice.token, subscription, since=since) as last:
        await site.publishes((alice.topic, "end"), (BROADCAST, "end of all"))
        await last.receives_text("end")
        await last.receives_text("end of all")
        received += [text for text in last.texts if not text.startswith("end")]
    for topic in subscription.topics:
        wanted = [text for each, text in sent if each == topic]
        got = [text for text in received if int(text) % 2 == int(wanted[0]) % 2]
        # The last one may have been published without the task being told.
        assert got[: len(wanted)] == wanted
        assert len(got) - len(wanted) <= 1
