"""Text that a pattern once took minutes for, in each place where a log line could come from it."""

import pytest

from tests.hostile.attackers import Attack, Behaviour
from tests.hostile.behaviours import LONG_QUERIES
from tests.hostile.instances import Target
from tests.hostile.users import HostileUsers

pytestmark = pytest.mark.full_only


@pytest.mark.parametrize("behaviour", LONG_QUERIES, ids=str)
async def test_a_query_made_for_the_log_patterns_holds_nobody_up(
    patient: Target, users: HostileUsers, behaviour: Behaviour
) -> None:
    before = patient.connections()

    async with Attack(patient, behaviour, connections=3):
        await users.bystander(patient).does_everything()

    await patient.is_normal(connections=before)
