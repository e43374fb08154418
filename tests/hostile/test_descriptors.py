"""Idle sockets by the hundred, while the process may have few descriptors."""

import pytest

from tests.hostile import traffic
from tests.hostile.attackers import Attack, Behaviour
from tests.hostile.conftest import PATIENT, target_of
from tests.hostile.instances import Target
from tests.hostile.users import HostileUsers
from tests.support.servers import Deployment

pytestmark = pytest.mark.full_only

DESCRIPTORS = 256
# More than the process has descriptors, from one address and from many.
ONE = ("127.0.0.66",)
MANY = tuple(f"127.0.66.{number}" for number in range(1, 101))
CONNECTIONS = 400


@pytest.fixture(scope="module")
def narrow(production: Deployment) -> Target:
    """An instance with few descriptors and long deadlines."""
    return target_of(production.add(TEST_DESCRIPTORS=DESCRIPTORS, **PATIENT))


@pytest.mark.parametrize("addresses", [ONE, MANY], ids=["one address", "many addresses"])
async def test_idle_sockets_leave_descriptors_for_others(
    narrow: Target, users: HostileUsers, addresses: tuple[str, ...]
) -> None:
    before = narrow.connections()
    behaviour = Behaviour("idle", opening=traffic.half_head())

    async with Attack(narrow, behaviour, connections=CONNECTIONS, addresses=addresses):
        await users.bystander(narrow).does_everything()

    await narrow.is_normal(connections=before)
