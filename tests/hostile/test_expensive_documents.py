"""Documents that are small and expensive to read."""

import asyncio

import pytest

from tests.hostile.conftest import target_of
from tests.hostile.documents import HTML, reading
from tests.hostile.users import HostileUsers
from tests.support.servers import Server

pytestmark = pytest.mark.full_only

ALLOWED_BYTES = 128 * 1024 * 1024


@pytest.mark.parametrize("name", HTML)
async def test_documents_made_to_be_slow_hold_nobody_up(
    patient_server: Server, users: HostileUsers, name: str
) -> None:
    patient = target_of(patient_server)
    before = patient.connections()
    memory = patient.memory_bytes()

    async with reading(patient, users.key, name) as sent:
        await users.bystander(patient).does_everything()
        statuses = await asyncio.gather(*sent)

    assert set(statuses) <= {200, 201, 400, 413, 429, 503}
    assert patient.memory_bytes() - memory < ALLOWED_BYTES
    await patient.is_normal(connections=before)
