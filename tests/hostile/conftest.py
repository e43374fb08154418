"""Production instances that are attacked, and people who use them meanwhile.

All share one deployment. `patient` has deadlines that no test waits for: what holds there is not
saved by an attacker's connections being closed. `brisk` has deadlines of a second, too short for
honest clients on a machine that stalls: there only the attackers' end is looked at.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import DEPLOYMENTS
from tests.hostile.instances import Target
from tests.hostile.users import HostileUsers, make_crowd
from tests.support import parts
from tests.support.balancer import Balancer
from tests.support.databases import MigratedDatabase
from tests.support.kinds import Surroundings
from tests.support.servers import HOST, Deployment, Server

# Fewer guesses than people are given, and answers at once: a test makes each of them.
COMMON: dict[str, Any] = {
    "BELLWIRE_LOGIN_ADDRESS_FAILURES": 40,
    "BELLWIRE_LOGIN_NAME_FAILURES": 30,
    "BELLWIRE_EMBEDDED_CHARS_PER_S": 100_000,
}
# Longer than a test has patience.
PATIENT: dict[str, Any] = {
    "BELLWIRE_HEADER_S": 600,
    "BELLWIRE_BODY_S": 600,
    "BELLWIRE_SEND_S": 600,
    "BELLWIRE_FIRST_FRAME_S": 600,
}
BRISK: dict[str, Any] = {
    "BELLWIRE_HEADER_S": 1,
    "BELLWIRE_BODY_S": 1,
    "BELLWIRE_SEND_S": 1,
    "BELLWIRE_FIRST_FRAME_S": 1,
    "BELLWIRE_RATE_PATIENCE_S": 1,
}


@pytest.fixture(scope="package")
def production(
    around: Surroundings, migrated: MigratedDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    environment = {
        **around.settings(database_url=""),
        "DEBUG": "0",
        "SECRET_KEY": uuid.uuid4().hex * 2,
        "DJANGO_SETTINGS_MODULE": "tests.hostile.settings",
    }
    made = Deployment(
        environment={**environment, "DATABASE_URL": migrated.copy(environment)},
        databases=around.databases,
        folder=tmp_path_factory.mktemp("hostile"),
    )
    DEPLOYMENTS.append(made)
    try:
        yield made
    finally:
        DEPLOYMENTS.remove(made)
        made.end()


@pytest.fixture(scope="package")
def users(production: Deployment) -> HostileUsers:
    return make_crowd(production.manage)


@pytest.fixture(scope="package")
def patient_server(production: Deployment) -> Server:
    return production.add(**COMMON, **PATIENT)


@pytest.fixture(scope="package")
def brisk_server(production: Deployment) -> Server:
    return production.add(**COMMON, **BRISK)


@pytest.fixture(scope="package", params=["direct", "nginx"])
def patient(
    request: pytest.FixtureRequest,
    patient_server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Target]:
    yield from _target(request.param, patient_server, tmp_path_factory, deadlines_s=600)


@pytest.fixture(scope="package", params=["direct", "nginx"])
def brisk(
    request: pytest.FixtureRequest,
    brisk_server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Target]:
    yield from _target(request.param, brisk_server, tmp_path_factory, deadlines_s=1)


def target_of(server: Server) -> Target:
    """The instance without anything before it."""
    return Target("direct", HOST, server.port, server.pid, server.url)


def _target(
    way: str, server: Server, tmp_path_factory: pytest.TempPathFactory, *, deadlines_s: int
) -> Iterator[Target]:
    if way == "direct":
        yield target_of(server)
        return
    nginx = parts.nginx_binary()
    if nginx is None:
        pytest.skip("nginx is not there, and only apt-get as root could install it")
    folder = tmp_path_factory.mktemp("nginx")
    balancer = Balancer(nginx.where, [server.port], folder=folder, deadlines_s=deadlines_s)
    try:
        yield Target(way, HOST, balancer.port, server.pid, server.url)
    finally:
        balancer.end()
