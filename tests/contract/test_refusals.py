"""Who is not let in is told why, in the words of each transport."""

import asyncio

import pytest

from tests.contract.lines import (
    RefusedError,
    Transport,
    messages_of,
    notifications_of,
)
from tests.contract.site import Site
from tests.contract.transports import TRANSPORTS
from tests.support.deadlines import PATIENCE_S

LONG_LINES = [transport for transport in TRANSPORTS if transport.lasts]
# Most of it is waiting for the token to expire.
SECONDS = 5


async def test_nobody_comes_in_without_credentials(site: Site, transport: Transport) -> None:
    alice = site.person()
    for token in ("", "made.up.token"):
        with pytest.raises(RefusedError) as refused:
            await transport.open(site.url, token, notifications_of(alice.id))
        assert refused.value.end.code == "AUTH_ERROR"
        assert refused.value.end.status == transport.statuses["AUTH_ERROR"]


async def test_a_room_is_its_members_alone(site: Site, transport: Transport) -> None:
    alice, mallory = site.person(), site.person("mallory")
    rooms = {"NOT_FOUND": site.room(alice), "FORBIDDEN": site.room(alice, is_open=True)}
    for code, room in rooms.items():
        with pytest.raises(RefusedError) as refused:
            await transport.open(site.url, mallory.token, messages_of(room))
        assert refused.value.end.code == code
        assert refused.value.end.status == transport.statuses[code]


@pytest.mark.parametrize("sixth", LONG_LINES, ids=lambda transport: transport.name)
async def test_the_sixth_connection_is_refused_until_one_ends(site: Site, sixth: Transport) -> None:
    alice = site.person()
    subscription = notifications_of(alice.id)
    # Of all kinds, and on both instances: they are counted together (embedded, by each).
    urls = [server.url for server in site.servers[:2]]
    here = urls[0]
    with_redis = bool(site.deployment.environment["REDIS_URL"])
    lines = [
        await LONG_LINES[n % len(LONG_LINES)].open(
            urls[n % 2] if with_redis else here, alice.token, subscription
        )
        for n in range(5)
    ]
    with pytest.raises(RefusedError) as refused:
        await sixth.open(here, alice.token, subscription)
    assert refused.value.end.code == "TOO_MANY_CONNECTIONS"
    assert refused.value.end.status == sixth.statuses["TOO_MANY_CONNECTIONS"]
    if refused.value.end.status == 429:
        assert int(refused.value.retry_after) > 0
    await lines.pop().close()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                lines.append(await sixth.open(here, alice.token, subscription))
            except RefusedError:
                continue
            break
    await asyncio.gather(*(line.close() for line in lines))


async def test_every_line_ends_when_its_token_expires(site: Site) -> None:
    opened = []
    for transport in TRANSPORTS:
        alice = site.person()
        token = site.token(alice, seconds=SECONDS)
        line = await transport.open(site.url, token, notifications_of(alice.id))
        opened.append((transport, alice, token, line))
    for transport, alice, token, line in opened:
        end = await line.ends()
        # A stream tells it in an event, and then its body ends.
        status = 0 if transport.name == "sse" else transport.statuses["TOKEN_EXPIRED"]
        assert (end.code, end.status) == ("TOKEN_EXPIRED", status), transport.name
        await line.close()
        with pytest.raises(RefusedError) as refused:
            await transport.open(site.url, token, notifications_of(alice.id))
        expired = transport.statuses["TOKEN_EXPIRED"]
        assert refused.value.end.code == "TOKEN_EXPIRED", transport.name
        assert refused.value.end.status == expired, transport.name
