"""Connections that send frames as fast as the server takes them, in every protocol."""

from contextlib import AsyncExitStack

import pytest

from tests.hostile.attackers import Attack
from tests.hostile.floods import FLOODS
from tests.hostile.instances import Target
from tests.hostile.users import HostileUsers

pytestmark = pytest.mark.full_only


async def test_floods_of_every_protocol_hold_nobody_up(
    patient: Target, users: HostileUsers
) -> None:
    before = patient.connections()

    async with AsyncExitStack() as attacks:
        for flood in FLOODS:
            await attacks.enter_async_context(Attack(patient, flood(users.person()), connections=1))
        await users.bystander(patient).does_everything()

    await patient.is_normal(connections=before)


async def test_floods_of_every_protocol_are_ended_by_the_server(
    brisk: Target, users: HostileUsers
) -> None:
    before = brisk.connections()

    async with AsyncExitStack() as attacks:
        # All at once: the closing handshake that a flood never answers takes ten seconds.
        floods = [
            await attacks.enter_async_context(Attack(brisk, flood(users.person()), connections=1))
            for flood in FLOODS
        ]
        for attack in floods:
            attack.lets_go()
        for attack in floods:
            await attack.is_ended()

    await brisk.is_normal(connections=before)
