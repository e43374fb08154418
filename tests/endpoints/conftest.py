"""One deployment for all that knock here, of several instances that differ in their settings.

They are shared, because most of a start is Python importing.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from tests.conftest import DEPLOYMENTS
from tests.endpoints.company import Company
from tests.endpoints.issuer import AUDIENCE, NAME, Issuer
from tests.support.databases import MigratedDatabase
from tests.support.kinds import Surroundings
from tests.support.servers import Deployment, Server

# With the same key as the others: so one token opens every instance here.
PRODUCTION: dict[str, Any] = {"DEBUG": "0", "SECRET_KEY": settings.SECRET_KEY}
ALLOWED_ORIGINS = (
    "https://shop.example",
    "https://blog.example:8443",
    "https://*.partner.example",
)


@pytest.fixture(scope="package")
def deployment(
    around: Surroundings, migrated: MigratedDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    environment = around.settings(database_url="")
    made = Deployment(
        environment={**environment, "DATABASE_URL": migrated.copy(environment)},
        databases=around.databases,
        folder=tmp_path_factory.mktemp("transports"),
    )
    DEPLOYMENTS.append(made)
    try:
        made.add()
        yield made
    finally:
        DEPLOYMENTS.remove(made)
        made.end()


@pytest.fixture(scope="package")
def company(deployment: Deployment) -> Company:
    """The instance that is as it is when nothing is configured."""
    return Company(deployment.url, deployment.service_key())


@pytest.fixture(scope="package")
def issuer() -> Iterator[Issuer]:
    """Another issuer of tokens."""
    issuer = Issuer()
    yield issuer
    issuer.end()


@pytest.fixture(scope="package")
def neighbour(deployment: Deployment, issuer: Issuer) -> Server:
    """An instance that trusts the issuer, lets the pages of two other sites in, waits no longer
    than three seconds for a first frame, and prints all that it can."""
    return deployment.add(
        LOG_LEVEL="DEBUG",
        BELLWIRE_FIRST_FRAME_S=3,
        BELLWIRE_ALLOWED_ORIGINS=",".join(ALLOWED_ORIGINS),
        JWT_JWK_URL=issuer.keys_url,
        JWT_ISSUER=NAME,
        JWT_AUDIENCE=AUDIENCE,
    )


@pytest.fixture(scope="package")
def neighbourly(neighbour: Server, company: Company) -> Company:
    return Company(neighbour.url, company.key)


@pytest.fixture(scope="package")
def webviews(deployment: Deployment, company: Company) -> Company:
    """An instance that lets pages in whose origin is `null`."""
    return Company(deployment.add(BELLWIRE_ALLOWED_ORIGINS="null").url, company.key)


@pytest.fixture(scope="package")
def production(deployment: Deployment) -> Server:
    """An instance without DEBUG."""
    return deployment.add(**PRODUCTION)


@pytest.fixture(scope="package")
def daphne(deployment: Deployment) -> Server:
    """The same on daphne."""
    return deployment.add(program="daphne", **PRODUCTION)


@pytest.fixture(scope="package")
def unmigrated(deployment: Deployment, around: Surroundings) -> Iterator[Server]:
    """An instance whose database has not a single table."""
    empty = around.databases.create()
    server = deployment.add(**PRODUCTION, DATABASE_URL=empty)
    yield server
    server.end()
    around.databases.drop(empty)


@pytest.fixture(scope="package")
def password(deployment: Deployment) -> str:
    """That of alice, bob and carol."""
    deployment.manage("demo_users")
    return "bellwire-demo"


@pytest.fixture(scope="package")
def alice(company: Company, password: str) -> str:
    """Alice's access token."""
    return company.sign_in("alice", password).access


@pytest.fixture(scope="package")
def bob(company: Company, password: str) -> str:
    """Bob's access token."""
    return company.sign_in("bob", password).access
