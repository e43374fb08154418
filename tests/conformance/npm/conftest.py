import asyncio

import pytest

from tests.conformance.npm.programs import install

# The same kind of deployment as the suite of all transports has.
from tests.contract.conftest import deployment, site

__all__ = ["deployment", "site"]


@pytest.fixture(scope="session", autouse=True)
def _clients() -> None:
    asyncio.run(install())
