"""A broadcast is everybody's: these tests have a deployment of their own."""

import uuid
from collections.abc import Iterator

import pytest

from bellwire_client import InvalidError
from tests.bellwire_client import stored
from tests.bellwire_client.company import Company, company_of
from tests.bellwire_client.conftest import Proxies, a_deployment
from tests.bellwire_client.either import Client, Opener, done
from tests.bellwire_client.proxy import ANSWER_LOST
from tests.e2e.services import inbox
from tests.support.databases import MigratedDatabase
from tests.support.kinds import Surroundings
from tests.support.servers import Deployment


@pytest.fixture(scope="module")
def deployment(
    around: Surroundings, migrated: MigratedDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    with a_deployment(around, migrated, tmp_path_factory.mktemp("servers")) as made:
        yield made


@pytest.fixture(scope="module")
def company(deployment: Deployment) -> Company:
    return company_of(deployment, people=6)


async def test_a_broadcast_is_in_everyones_inbox_until_it_is_revoked(
    client: Client, company: Company, deployment: Deployment
) -> None:
    people, message = company.people(2), f"We move on Sunday {uuid.uuid4()}"

    sent = await done(client.send(broadcast=True, type="announcement", message=message))

    # It is stored once, for however many.
    assert (sent.count, len(sent.ids)) == (1, 1)
    for person in people:
        rows = await inbox(deployment.url, person.token)
        assert [row["id"] for row in rows if row["message"] == message] == list(sent.ids)

    await done(client.revoke(sent.batch_id))
    assert (await done(client.sent(sent.batch_id))).deleted == 1
    for person in people:
        rows = await inbox(deployment.url, person.token)
        assert [row for row in rows if row["message"] == message] == []


async def test_a_broadcast_whose_answer_is_lost_is_made_once(
    opens: Opener, proxies: Proxies, company: Company, deployment: Deployment
) -> None:
    client = await opens(proxies(ANSWER_LOST, ANSWER_LOST).url, company.key)
    message = f"Maintenance {uuid.uuid4()}"

    sent = await done(client.send(broadcast=True, type="announcement", message=message))

    assert stored.notifications(deployment, message) == list(sent.ids)


async def test_everyone_and_somebody_are_one_too_many(client: Client) -> None:
    with pytest.raises(InvalidError, match="exactly one"):
        await done(client.send(broadcast=True, user_ids=[1], type="announcement", message="…"))
