"""Bodies that are sent in chunks, up to just before their end, by clients nobody knows."""

import pytest

from tests.hostile.attackers import Attack
from tests.hostile.behaviours import CHUNKED
from tests.hostile.instances import MEMORY_BYTES, Target
from tests.hostile.users import HostileUsers

pytestmark = pytest.mark.full_only

MIB = 1024 * 1024
# 700 MiB all together.
CONNECTIONS = 100
# A body that is read is there twice for a moment, as its parts and as a whole.
ALLOWED_BYTES = 200 * MIB


async def test_unfinished_chunked_bodies_take_no_more_than_their_budget(
    patient: Target, users: HostileUsers
) -> None:
    before = patient.connections()
    memory = patient.memory_bytes()

    async with Attack(patient, CHUNKED, connections=CONNECTIONS):
        await users.bystander(patient).does_everything()
        taken = patient.memory_bytes() - memory

    assert taken < ALLOWED_BYTES, f"{taken / MIB:.0f} MiB"
    assert patient.memory_bytes() < MEMORY_BYTES
    await patient.is_normal(connections=before)
