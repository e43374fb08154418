"""Clients that begin something and do not end it: silent sockets, half heads, half bodies."""

from contextlib import AsyncExitStack

import pytest

from tests.hostile.attackers import Attack, Behaviour
from tests.hostile.behaviours import UNFINISHED
from tests.hostile.instances import Target
from tests.hostile.users import HostileUsers

pytestmark = pytest.mark.full_only

# Two more than there are places for requests.
CONNECTIONS = 14
# nginx knows no least rate: it waits for the rest by itself, and the instance hears of none of it.
KEPT_BY_NGINX = "dripping bodies"


@pytest.mark.parametrize("behaviour", UNFINISHED, ids=str)
async def test_unfinished_requests_hold_nobody_up(
    patient: Target, users: HostileUsers, behaviour: Behaviour
) -> None:
    before = patient.connections()

    async with Attack(patient, behaviour, connections=CONNECTIONS):
        await users.bystander(patient).does_everything()

    await patient.is_normal(connections=before)


async def test_unfinished_requests_are_ended_by_the_server(brisk: Target) -> None:
    before = brisk.connections()

    async with AsyncExitStack() as attacks:
        begun = [
            await attacks.enter_async_context(Attack(brisk, behaviour, connections=3))
            for behaviour in UNFINISHED
            if brisk.name == "direct" or behaviour.name != KEPT_BY_NGINX
        ]
        for attack in begun:
            attack.lets_go()
        for attack in begun:
            await attack.is_ended()

    await brisk.is_normal(connections=before)
