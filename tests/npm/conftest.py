import asyncio

import pytest

# The same kind of deployment as the suite of all doors has.
from tests.every_door.conftest import deployment, site
from tests.npm.programs import install

__all__ = ["deployment", "site"]


@pytest.fixture(scope="session", autouse=True)
def _clients() -> None:
    asyncio.run(install())
