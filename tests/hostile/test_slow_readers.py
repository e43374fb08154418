"""Clients that ask for much and read nothing of it."""

import pytest

from tests.hostile.attackers import Attack
from tests.hostile.behaviours import STATIC_FILE, unread_inbox
from tests.hostile.instances import Target
from tests.hostile.users import HostileUsers

pytestmark = pytest.mark.full_only

# More than there are places for requests.
CONNECTIONS = 30


@pytest.mark.parametrize("what", ["static file", "inbox"])
async def test_slow_readers_hold_nobody_up(patient: Target, users: HostileUsers, what: str) -> None:
    before = patient.connections()
    behaviour = STATIC_FILE if what == "static file" else unread_inbox(users.collector.token)

    async with Attack(patient, behaviour, connections=CONNECTIONS):
        await users.bystander(patient).does_everything()

    await patient.is_normal(connections=before)


async def test_slow_readers_are_ended_by_the_server(brisk: Target, users: HostileUsers) -> None:
    before = brisk.connections()

    async with (
        Attack(brisk, STATIC_FILE, connections=5) as files,
        Attack(brisk, unread_inbox(users.collector.token), connections=5) as pages,
    ):
        files.lets_go()
        pages.lets_go()
        await files.is_ended()
        await pages.is_ended()

    await brisk.is_normal(connections=before)
