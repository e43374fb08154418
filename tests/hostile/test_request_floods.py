"""Requests that take long to read or to refuse, sent without a pause."""

from contextlib import AsyncExitStack

import pytest

from tests.hostile.attackers import Attack, Behaviour
from tests.hostile.behaviours import REQUEST_FLOODS, image_tags, script, storm
from tests.hostile.instances import Target
from tests.hostile.users import HostileUsers

pytestmark = pytest.mark.full_only


async def test_floods_of_strangers_hold_nobody_up(patient: Target, users: HostileUsers) -> None:
    await _is_held(patient, users, REQUEST_FLOODS)


async def test_floods_of_one_user_hold_nobody_up(patient: Target, users: HostileUsers) -> None:
    token, rooms = users.person().token, ",".join(f"rooms/{room}" for room in users.rooms)
    paths = ["/long-polling/notifications", "/sse/notifications", f"/sse?topic={rooms}"]
    behaviours = [
        *(storm(path, token) for path in paths),
        image_tags(token),
        script(token, users.rooms[0]),
    ]

    await _is_held(patient, users, behaviours)


async def _is_held(target: Target, users: HostileUsers, behaviours: list[Behaviour]) -> None:
    before = target.connections()

    # All at once: each alone is what the benchmark measures.
    async with AsyncExitStack() as attacks:
        for behaviour in behaviours:
            await attacks.enter_async_context(Attack(target, behaviour, connections=2))
        await users.bystander(target).does_everything()

    await target.is_normal(connections=before)
