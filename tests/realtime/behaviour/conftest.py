import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from realtime.runtime import Runtime
from tests.realtime.actors import OpenGate
from tests.realtime.behaviour.client import JsonClient
from tests.realtime.behaviour.transports import (
    JSON,
    AsgiTransport,
    Endpoint,
    UvicornTransport,
)
from tests.realtime.conftest import limited

# Lets the suite change a limit as the engine's own tests do.
__all__ = ["limited"]

Connect = Callable[..., Awaitable[JsonClient]]
USERS = itertools.count(uuid.uuid4().int % 10**9)


@pytest.fixture
def user_id() -> int:
    """A user whom no other test has: leases in Redis outlive a test."""
    return next(USERS)


@pytest.fixture
def runtime(transactional_db: None) -> Runtime:
    """The engine of one instance; its transport starts and stops it."""
    return Runtime(gate=OpenGate())


@pytest.fixture(params=["asgi", "uvicorn"])
async def endpoint(request: pytest.FixtureRequest, runtime: Runtime) -> AsyncIterator[Endpoint]:
    endpoint: Endpoint = (
        AsgiTransport(runtime) if request.param == "asgi" else UvicornTransport(runtime)
    )
    yield endpoint
    await endpoint.end()


@pytest.fixture
def connects(endpoint: Endpoint, user_id: int) -> Connect:
    """`await connects("/personal?since=0", user_id=7)`: a client that has come in."""

    async def connect(
        url: str = "/ws", *, token: str | None = None, subprotocols: Sequence[str] = (JSON,)
    ) -> JsonClient:
        mark = "&" if "?" in url else "?"
        credential = str(user_id) if token is None else token
        full = f"{url}{mark}token={credential}" if credential else url
        return JsonClient(await endpoint.connect(full, subprotocols=subprotocols))

    return connect
