"""Many senders to the same many people: they wait for each other and do not die of deadlock."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from tests.e2e import database
from tests.e2e.services import Sent
from tests.e2e.users import UserPool
from tests.support.servers import Deployment

SENDERS, PEOPLE = 20, 1_000

pytestmark = pytest.mark.full_only


async def test_twenty_sends_at_once_to_the_same_thousand_users_in_different_orders_all_succeed(
    deployment: Deployment, cast: UserPool
) -> None:
    names = [f"stranger-{number}" for number in range(PEOPLE)]

    async with cast.orders() as orders:
        chance = random.Random(7)

        async def all_at_once() -> Sequence[Sent]:
            return await asyncio.gather(
                *(
                    orders.posts(
                        "to everybody",
                        external_ids=chance.sample(names, PEOPLE),
                        url=cast.urls[number % 2],
                    )
                    for number in range(SENDERS)
                )
            )

        # Nobody knows the people yet: these create them as well.
        strangers = await all_at_once()
        known = await all_at_once()

    assert [sent.status for sent in (*strangers, *known)] == [201] * 2 * SENDERS
    ids = [i for sent in (*strangers, *known) for i in sent.body["ids"]]
    assert len(set(ids)) == 2 * SENDERS * PEOPLE
    rows = database.execute(
        deployment.database_url,
        """
        SELECT topic, array_agg("offset" ORDER BY "offset")
        FROM realtime_entry JOIN accounts_user ON topic = 'users/' || accounts_user.id
        WHERE external_id LIKE 'stranger-%%' GROUP BY topic
        """,
    )
    assert len(rows) == PEOPLE
    everything = list(range(1, 2 * SENDERS + 1))
    assert all(offsets == everything for _, offsets in rows)
    assert "deadlock" not in deployment.logs()
