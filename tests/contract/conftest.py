"""One deployment of two instances for the whole suite: most of a start is Python importing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.conftest import DEPLOYMENTS
from tests.contract.lines import Transport
from tests.contract.site import Site
from tests.contract.transports import TRANSPORTS
from tests.support.databases import MigratedDatabase
from tests.support.kinds import Surroundings
from tests.support.servers import Deployment

# Small enough to fall out of within a test, large enough for every replay of the others.
KEPT = 150
SETTINGS = {
    "BELLWIRE_LOG_KEEP_EVENTS": KEPT,
    "BELLWIRE_OUTBOX_BYTES": 256 * 1024,
    # Embedded, this is how another process's events are noticed.
    "BELLWIRE_RECONCILE_S": 0.2,
    "BELLWIRE_THROTTLES": "off",
}


@pytest.fixture(scope="package")
def deployment(
    around: Surroundings, migrated: MigratedDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    environment = around.settings(database_url="")
    made = Deployment(
        environment={
            **environment,
            "DATABASE_URL": migrated.copy(environment),
            **{name: str(value) for name, value in SETTINGS.items()},
        },
        databases=around.databases,
        folder=tmp_path_factory.mktemp("contract"),
    )
    DEPLOYMENTS.append(made)
    try:
        made.add_many(2)
        yield made
    finally:
        DEPLOYMENTS.remove(made)
        made.end()


@contextmanager
def on_site(deployment: Deployment) -> Iterator[Site]:
    """The deployment with a helper process beside it."""
    site = Site(deployment)
    try:
        yield site
    finally:
        site.end()


@pytest.fixture(scope="package")
def site(deployment: Deployment) -> Iterator[Site]:
    with on_site(deployment) as made:
        yield made


@pytest.fixture(params=TRANSPORTS, ids=lambda transport: transport.name)
def transport(request: pytest.FixtureRequest) -> Transport:
    found: Transport = request.param
    return found
