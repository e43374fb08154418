"""Who is disconnected in the admin stays away, through every door, until they sign in again."""

import asyncio

import pytest

from tests.contract.lines import Door, RefusedError, notifications_of
from tests.contract.site import Site
from tests.contract.transports import DOORS


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
async def test_the_client_is_signed_out_and_does_not_come_back(site: Site, door: Door) -> None:
    alice, bob = site.person("alice"), site.person("bob")
    reading = notifications_of(alice.id)
    another = site.token(alice, seconds=600)
    url = site.servers[1].url
    async with (
        await door.open(url, alice.token, reading) as line,
        await door.open(site.url, another, reading) as phone,
        await door.open(url, bob.token, notifications_of(bob.id)) as other,
    ):
        await site.sends(alice, "before")
        assert await line.hears(1) == ["before"]
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
                await door.open(server.url, alice.token, reading, since=line.position)
            assert refused.value.end.code == "AUTH_ERROR"
            assert refused.value.end.status == door.statuses["AUTH_ERROR"]
        # Their other devices and everybody else are left alone, and a new sign-in is good.
        await site.sends(alice, "after")
        await phone.hears_text("after")
        await site.sends(bob, "hello")
        await other.hears_text("hello")
    again = site.token(alice, seconds=600)
    async with await door.open(url, again, reading, since=line.position) as line:
        assert await line.hears_text("after")
