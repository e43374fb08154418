"""Requests that take long to read or to refuse, sent without a pause."""

from contextlib import AsyncExitStack

import pytest

from tests.hostile.attackers import Attack, Behaviour
from tests.hostile.behaviours import REQUEST_FLOODS, image_tags, script, storm
from tests.hostile.crowd import Crowd
from tests.hostile.instances import Target

pytestmark = pytest.mark.full_only


async def test_floods_of_strangers_hold_nobody_up(patient: Target, crowd: Crowd) -> None:
    await _is_held(patient, crowd, REQUEST_FLOODS)


async def test_floods_of_one_user_hold_nobody_up(patient: Target, crowd: Crowd) -> None:
    token, rooms = crowd.person().token, ",".join(f"rooms/{room}" for room in crowd.rooms)
    paths = ["/long-polling/notifications", "/sse/notifications", f"/sse?topic={rooms}"]
    behaviours = [
        *(storm(path, token) for path in paths),
        image_tags(token),
        script(token, crowd.rooms[0]),
    ]

    await _is_held(patient, crowd, behaviours)


async def _is_held(target: Target, crowd: Crowd, behaviours: list[Behaviour]) -> None:
    before = target.connections()

    # All at once: each alone is what the benchmark measures.
    async with AsyncExitStack() as attacks:
        for behaviour in behaviours:
            await attacks.enter_async_context(Attack(target, behaviour, connections=2))
        await crowd.bystander(target).does_everything()

    await target.is_normal(connections=before)
