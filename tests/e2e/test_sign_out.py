"""Credentials that end while their connections live: signing out, disabling, expiry, refresh."""

import asyncio
import time
from datetime import timedelta

from django.utils import timezone

from accounts.credentials import tokens
from realtime.conf import conf
from tests.e2e import database
from tests.e2e.conftest import Connects, Pair
from tests.e2e.services import logout
from tests.e2e.users import UserPool
from tests.support.json_client import connect
from tests.support.kinds import Kind
from tests.support.servers import Deployment

# Long enough to come in and to refresh before it is over.
LIFETIME_S = 6
# docs/contract.md §2.
DISABLED_S = 10.0
# The sweep that would also find an ended sign-in comes long after `SOON_S`, where nobody is told.
SWEEP_S, SOON_S = 120, 30.0


async def test_logout_closes_the_connections_of_that_sign_in_on_all_instances_and_no_others(
    deployment: Deployment, kind: Kind, cast: UserPool, connects: Connects
) -> None:
    alice = cast.person()
    phone, laptop = alice.token, alice.second_token
    instances = 2 if kind is Kind.FULL else 1
    servers = deployment.add_many(instances, BELLWIRE_REVOKE_S=SWEEP_S)
    first, last = servers[0], servers[-1]
    phones = [await connects(server.ws_url, phone) for server in (first, last)]
    laptops = [await connects(server.ws_url, laptop) for server in (first, last)]
    for client in (*phones, *laptops):
        await client.is_greeted()

    await logout(last.url, phone)
    for client in phones:
        assert await client.is_closed(within_s=SOON_S) == (1008, "Signed out")
        assert client.frames[-1]["code"] == "AUTH_ERROR"

    for server in (first, last):
        async with await connect(server.ws_url, phone) as again:
            assert await again.is_closed() == (1008, "Invalid token")
            assert [frame["code"] for frame in again.frames] == ["AUTH_ERROR"]
    for client in laptops:
        assert (await client.asks("ping"))["type"] == "pong"


async def test_who_is_disabled_or_expires_is_sent_away_and_who_has_refreshed_stays(
    deployment: Deployment, cast: UserPool, connects: Connects
) -> None:
    bob, carol, dave = cast.people(3)
    disabled = await (await connects(deployment.ws_url, bob.token)).is_greeted()
    began = time.monotonic()
    short = [_short_lived(who.token) for who in (carol, dave)]
    expires = await (await connects(deployment.ws_url, short[0])).is_greeted()
    refreshes = await (await connects(deployment.ws_url, short[1])).is_greeted()
    await asyncio.to_thread(
        database.execute,
        deployment.database_url,
        "UPDATE accounts_user SET is_active = %s WHERE username = %s",
        False,
        bob.name,
    )

    refused = await refreshes.asks("refresh", token=carol.token)
    assert (refused["type"], refused["code"]) == ("error", "AUTH_ERROR")
    assert (await refreshes.asks("refresh", token=dave.second_token))["type"] == "ok"

    assert await expires.is_closed() == (1008, "Token expired")
    assert expires.frames[-1]["code"] == "TOKEN_EXPIRED"
    # It counts in whole seconds.
    assert time.monotonic() - began > LIFETIME_S - 1
    async with await connect(deployment.ws_url, short[0]) as again:
        assert await again.is_closed() == (1008, "Token expired")
        assert [frame["code"] for frame in again.frames] == ["TOKEN_EXPIRED"]

    assert await disabled.is_closed() == (1008, "Signed out")
    # It is looked for twice in that time; a hint need not come.
    assert 2 * conf().revoke_s < DISABLED_S
    async with await connect(deployment.ws_url, bob.token) as again:
        assert await again.is_closed() == (1008, "Invalid token")
    # By now its first token has expired as well.
    assert (await refreshes.asks("ping"))["type"] == "pong"


async def test_the_sixth_connection_is_refused_and_one_that_names_an_old_one_takes_its_place(
    pair: Pair, cast: UserPool, connects: Connects
) -> None:
    erin = cast.person()
    first, last = pair
    tabs = [await connects(at.ws_url, erin.token) for at in (first, last, first, last, first)]
    for tab in tabs:
        await tab.is_greeted()

    for server in (first, last):
        async with await connect(server.ws_url, erin.token) as sixth:
            assert await sixth.is_closed() == (1008, "Too many connections")
            assert [frame["code"] for frame in sixth.frames] == ["TOO_MANY_CONNECTIONS"]
    async with await tabs[0].resume(last.ws_url) as instead:
        await instead.is_greeted()
        assert (await tabs[0].is_closed())[0] == 1001
    for tab in tabs[1:]:
        assert (await tab.asks("ping"))["type"] == "pong"


def _short_lived(token: str) -> str:
    """Another access token of the same sign-in, signed with the deployment's key."""
    claims = tokens.read_access(token)
    times = tokens.Times.starting(timezone.now(), timedelta(seconds=LIFETIME_S))
    return tokens.write_access(user_id=claims.user_id, login_id=claims.login_id, times=times)
