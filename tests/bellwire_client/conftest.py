from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path

import pytest

from bellwire_client import AsyncBellwire, Bellwire
from tests.bellwire_client.company import Company, company_of
from tests.bellwire_client.either import Client, Clock, Opener
from tests.bellwire_client.proxy import Fault, Proxy
from tests.conftest import DEPLOYMENTS
from tests.support.databases import MigratedDatabase
from tests.support.kinds import Surroundings
from tests.support.servers import Deployment

# More than all tests together take.
PEOPLE = 60
Proxies = Callable[..., Proxy]


@contextmanager
def a_deployment(
    around: Surroundings, migrated: MigratedDatabase, folder: Path
) -> Iterator[Deployment]:
    """One instance, with a database of its own."""
    environment = around.settings(database_url="")
    made = Deployment(
        environment={**environment, "DATABASE_URL": migrated.copy(environment)},
        databases=around.databases,
        folder=folder,
    )
    DEPLOYMENTS.append(made)
    try:
        made.add()
        yield made
    finally:
        DEPLOYMENTS.remove(made)
        made.end()


@pytest.fixture(scope="package")
def deployment(
    around: Surroundings, migrated: MigratedDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """One instance for nearly all of these tests, as a start takes seconds."""
    with a_deployment(around, migrated, tmp_path_factory.mktemp("servers")) as made:
        yield made


@pytest.fixture(scope="package")
def company(deployment: Deployment) -> Company:
    """The services' keys, and people: each test takes whom it needs."""
    return company_of(deployment, people=PEOPLE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=[Bellwire, AsyncBellwire], ids=["sync", "async"])
async def opens(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Opener]:
    """`await opens(url, key)`: a client, closed after the test. Every test runs with both."""
    async with AsyncExitStack() as ends:
        yield Opener(request.param, clock, ends)


@pytest.fixture
async def client(opens: Opener, deployment: Deployment, company: Company) -> Client:
    """One that speaks to the server without a proxy."""
    return await opens(deployment.url, company.key)


@pytest.fixture
def proxies(deployment: Deployment) -> Iterator[Proxies]:
    """`proxies(ANSWER_LOST, says(503))`: a proxy before the server, whose first requests so fail.

    `opened=False` leaves it refusing connections.
    """
    with ExitStack() as ends:

        def make(*faults: Fault, opened: bool = True) -> Proxy:
            proxy = ends.enter_context(Proxy(deployment.server.port, *faults))
            return proxy.opens() if opened else proxy

        yield make
