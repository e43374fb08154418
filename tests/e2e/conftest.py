from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.conftest import DEPLOYMENTS
from tests.e2e.people import People
from tests.e2e.users import UserPool, create_users
from tests.support.databases import MigratedDatabase
from tests.support.followers import Follower
from tests.support.json_client import JsonClient, connect
from tests.support.kinds import Kind, Surroundings
from tests.support.servers import Deployment, Server

Connects = Callable[..., Awaitable[JsonClient]]
Follows = Callable[..., Awaitable[Follower]]
Pair = tuple[Server, Server]
# More than all tests together take.
PEOPLE = 100


@pytest.fixture(scope="package")
def deployment(
    around: Surroundings, migrated: MigratedDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Two instances (without Redis one) for all of these tests, as a start takes seconds.

    A test that ends or changes an instance adds one of its own.
    """
    environment = around.settings(database_url="")
    made = Deployment(
        environment={**environment, "DATABASE_URL": migrated.copy(environment)},
        databases=around.databases,
        folder=tmp_path_factory.mktemp("servers"),
    )
    DEPLOYMENTS.append(made)
    try:
        made.add_many(2 if around.kind is Kind.FULL else 1)
        yield made
    finally:
        DEPLOYMENTS.remove(made)
        made.end()


@pytest.fixture(scope="package")
def pair(deployment: Deployment, kind: Kind) -> Pair:
    """Its two instances; twice the same where there is one."""
    return deployment.servers[0], deployment.servers[1 if kind is Kind.FULL else 0]


@pytest.fixture(scope="package")
def cast(deployment: Deployment) -> UserPool:
    """A service, and people: each test takes whom it needs."""
    return create_users(deployment, people=PEOPLE)


@pytest.fixture
async def connects() -> AsyncIterator[Connects]:
    """`await connects(server.ws_url, token, …)`: a client that is closed after the test."""
    opened: list[JsonClient] = []

    async def make(ws_url: str, token: str, **options: Any) -> JsonClient:
        opened.append(await connect(ws_url, token, **options))
        return opened[-1]

    yield make
    for client in opened:
        await client.close()


@pytest.fixture
async def follows() -> AsyncIterator[Follows]:
    """`await follows([server.ws_url, …], token)`: a follower that is connected, until the end."""
    begun: list[Follower] = []

    async def make(ws_urls: Sequence[str], token: str, *, names_old: bool = True) -> Follower:
        begun.append(Follower(ws_urls, token, names_old=names_old))
        return await begun[-1].begins()

    yield make
    for follower in begun:
        await follower.ends()


@pytest.fixture
async def people() -> AsyncIterator[People]:
    made = People()
    yield made
    await made.close()
