"""What SockJS's requests send is held to the budget of all bodies."""

import uuid
from typing import Any

import pytest

from config import asgi
from config.middleware.admission.byte_budget import ByteBudget
from tests.config.middleware.asgi import Connection, get_scope

pytestmark = pytest.mark.once


@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
async def test_bodies_of_sockjs_are_in_the_budget(transport: str) -> None:
    used: list[int] = []
    budget = asgi._bodies

    class Looking(Connection):
        async def receive(self) -> Any:
            used.append(budget.used)
            return await super().receive()

    assert isinstance(budget, ByteBudget)
    client = Looking()
    client.come(b"x" * 40_000, more=True)
    client.come(b"x")
    path = f"/ws/000/{uuid.uuid4().hex}/{transport}"
    scope = {**get_scope(path, **{"content-length": "40001"}), "method": "POST"}

    await asgi._http(scope, client.receive, client.send)

    assert used[0] == 0
    assert used[1] > 0
    assert budget.used == 0
    # It was no array.
    assert client.status == 500
