"""Two instances (without Redis one) with a model, for all of these tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.chat.assistant.model_server import ModelServer
from tests.chat.assistant.sse import Asker, asker
from tests.conftest import DEPLOYMENTS
from tests.support.databases import MigratedDatabase
from tests.support.kinds import Kind, Surroundings
from tests.support.servers import Deployment

PEOPLE = 60


@pytest.fixture(scope="package")
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="package")
def site(
    around: Surroundings,
    migrated: MigratedDatabase,
    model: ModelServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    """Two instances (without Redis one) that know the model."""
    environment = around.settings(database_url="")
    made = Deployment(
        environment={
            **environment,
            "DATABASE_URL": migrated.copy(environment),
            "LLM_BASE_URL": model.url,
            "LLM_API_KEY": "key",
            "LLM_MODEL": "model",
        },
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
def tokens(site: Deployment) -> list[str]:
    return site.tokens(*(f"asker-{number}" for number in range(PEOPLE)))


@pytest.fixture
def token(tokens: list[str]) -> str:
    """Of somebody whom no test has had yet."""
    return tokens.pop()


@pytest.fixture
async def here(site: Deployment, token: str) -> AsyncIterator[Asker]:
    async with asker(site.servers[0].url, token) as made:
        yield made


@pytest.fixture
async def there(site: Deployment, token: str, kind: Kind) -> AsyncIterator[Asker]:
    """The same person at the other instance, where there is one."""
    async with asker(site.servers[-1].url, token) as made:
        yield made
