"""A user whom an admin disconnects is refused on every transport until the next sign-in."""

import asyncio

import pytest

from tests.contract.lines import RefusedError, Transport, notifications_of
from tests.contract.site import Site
from tests.contract.transports import TRANSPORTS


@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda transport: transport.name)
async def test_the_client_is_signed_out_and_does_not_come_back(
    site: Site, transport: Transport
) -> None:
    alice, bob = site.person("alice"), site.person("bob")
    subscription = notifications_of(alice.id)
    another = site.token(alice, seconds=600)
    url = site.servers[1].url
    async with (
        await transport.open(url, alice.token, subscription) as line,
        await transport.open(site.url, another, subscription) as phone,
        await transport.open(url, bob.token, notifications_of(bob.id)) as other,
    ):
        await site.sends(alice, "before")
        assert await line.receives(1) == ["before"]
        await asyncio.to_thread(
            site.backstage.call, "disconnect", user_id=alice.id, token=alice.token
        )
        end = await line.ends()
        assert end.status in (1008, 401, 0)  # a stream's body just ends
        if end.status == 1008:
            assert end.reason == "Signed out"
        # On no instance.
        for server in site.servers[:2]:
            with pytest.raises(RefusedError) as refused:
                await transport.open(server.url, alice.token, subscription, since=line.position)
            assert refused.value.end.code == "AUTH_ERROR"
            assert refused.value.end.status == transport.statuses["AUTH_ERROR"]
        # Their other devices and everybody else are left alone, and a new sign-in is good.
        await site.sends(alice, "after")
        await phone.receives_text("after")
        await site.sends(bob, "hello")
        await other.receives_text("hello")
    again = site.token(alice, seconds=600)
    async with await transport.open(url, again, subscription, since=line.position) as line:
        assert await line.receives_text("after")
