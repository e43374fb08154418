"""A server with the services that the protocol's own test suite talks to."""

import pytest

from tests.support.servers import Deployment, Server


@pytest.fixture(scope="module")
def tested(deployment: Deployment) -> Server:
    """An instance started with SOCKJS_CONFORMANCE=1, beside one without."""
    return deployment.add(SOCKJS_CONFORMANCE=1)


@pytest.fixture
def echo(tested: Server) -> str:
    return f"{tested.url}/echo"


@pytest.fixture
def close(tested: Server) -> str:
    return f"{tested.url}/close"
