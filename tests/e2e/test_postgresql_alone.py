"""Two instances that share a PostgreSQL database and nothing else."""

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Connects
from tests.e2e.users import create_users
from tests.support.servers import Deployment

pytestmark = pytest.mark.full_only

# Without hints an event of the other instance would come after this, long after the test.
RECONCILE_S = 600


async def test_event_of_another_instance_comes_by_a_hint(
    deployments: Callable[..., Deployment], connects: Connects
) -> None:
    deployment = deployments(instances=2, REDIS_URL="", BELLWIRE_RECONCILE_S=RECONCILE_S)
    first, second = deployment.servers
    users = create_users(deployment, people=1)
    person = users.person()
    here = await (await connects(first.ws_url, person.token)).is_greeted()
    there = await (await connects(second.ws_url, person.token)).is_greeted()

    async with users.orders() as orders:
        for number in range(20):
            await orders.sends(str(number), person.name)
    await here.receives_offset(20)
    await there.receives_offset(20)

    assert here.offsets() == there.offsets() == list(range(1, 21))
