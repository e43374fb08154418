"""Who is not let in is told why, in the door's own words."""

import asyncio

import pytest

from tests.contract.lines import (
    Door,
    RefusedError,
    messages_of,
    notifications_of,
)
from tests.contract.site import Site
from tests.contract.transports import DOORS
from tests.support.deadlines import PATIENCE_S

LONG_LINES = [door for door in DOORS if door.lasts]
# Most of it is waiting for the token to expire.
SECONDS = 5


async def test_nobody_comes_in_without_credentials(site: Site, door: Door) -> None:
    alice = site.person()
    for token in ("", "made.up.token"):
        with pytest.raises(RefusedError) as refused:
            await door.open(site.url, token, notifications_of(alice.id))
        assert refused.value.end.code == "AUTH_ERROR"
        assert refused.value.end.status == door.statuses["AUTH_ERROR"]


async def test_a_room_is_its_members_alone(site: Site, door: Door) -> None:
    alice, mallory = site.person(), site.person("mallory")
    rooms = {"NOT_FOUND": site.room(alice), "FORBIDDEN": site.room(alice, is_open=True)}
    for code, room in rooms.items():
        with pytest.raises(RefusedError) as refused:
            await door.open(site.url, mallory.token, messages_of(room))
        assert refused.value.end.code == code
        assert refused.value.end.status == door.statuses[code]


@pytest.mark.parametrize("sixth", LONG_LINES, ids=lambda door: door.name)
async def test_the_sixth_connection_is_refused_until_one_ends(site: Site, sixth: Door) -> None:
    alice = site.person()
    reading = notifications_of(alice.id)
    # Of all kinds, and on both instances: they are counted together (embedded, by each).
    urls = [server.url for server in site.servers[:2]]
    here = urls[0]
    with_redis = bool(site.deployment.environment["REDIS_URL"])
    lines = [
        await LONG_LINES[n % len(LONG_LINES)].open(
            urls[n % 2] if with_redis else here, alice.token, reading
        )
        for n in range(5)
    ]
    with pytest.raises(RefusedError) as refused:
        await sixth.open(here, alice.token, reading)
    assert refused.value.end.code == "TOO_MANY_CONNECTIONS"
    assert refused.value.end.status == sixth.statuses["TOO_MANY_CONNECTIONS"]
    if refused.value.end.status == 429:
        assert int(refused.value.retry_after) > 0
    await lines.pop().close()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                lines.append(await sixth.open(here, alice.token, reading))
            except RefusedError:
                continue
            break
    await asyncio.gather(*(line.close() for line in lines))


async def test_every_line_ends_when_its_token_expires(site: Site) -> None:
    opened = []
    for door in DOORS:
        alice = site.person()
        token = site.token(alice, seconds=SECONDS)
        line = await door.open(site.url, token, notifications_of(alice.id))
        opened.append((door, alice, token, line))
    for door, alice, token, line in opened:
        end = await line.ends()
        # A stream tells it in an event, and then its body ends.
        status = 0 if door.name == "sse" else door.statuses["TOKEN_EXPIRED"]
        assert (end.code, end.status) == ("TOKEN_EXPIRED", status), door.name
        await line.close()
        with pytest.raises(RefusedError) as refused:
            await door.open(site.url, token, notifications_of(alice.id))
        expired = door.statuses["TOKEN_EXPIRED"]
        assert refused.value.end.code == "TOKEN_EXPIRED", door.name
        assert refused.value.end.status == expired, door.name
