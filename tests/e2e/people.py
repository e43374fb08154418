"""What people do over REST, at whichever instance, and how they enter their rooms."""

from typing import Any

import httpx

from tests.e2e.users import ApiUser
from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import JsonClient, connect
from tests.support.servers import Server

# A hundred of them press a button at once.
CONNECTIONS = 100
# Longer than the server has a request wait for its turn: its answer says more than a timeout.
TIMEOUT_S = 2 * PATIENCE_S


class People:
    """REST for whoever is named."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(
            timeout=TIMEOUT_S,
            trust_env=False,
            verify=False,  # noqa: S501 - http on the loopback: reading certificates takes time
            limits=httpx.Limits(max_connections=CONNECTIONS),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def asks(
        self, server: Server, token: str, method: str, path: str, **body: Any
    ) -> httpx.Response:
        return await self._http.request(
            method,
            f"{server.url}/api/v1{path}",
            headers={"Authorization": f"Bearer {token}"},
            json=body or None,
        )

    async def room(self, server: Server, owner: ApiUser, *members: ApiUser, **fields: Any) -> int:
        """An open room of theirs."""
        body = {"name": "Tea", "kind": "group", "open": True, **fields}
        made = await self.asks(server, owner.token, "POST", "/rooms", **body)
        room: int = made.json()["id"]
        for member in members:
            await self.asks(server, member.token, "POST", f"/rooms/{room}/join")
        return room


async def enters(server: Server, person: ApiUser, room: int) -> JsonClient:
    """Open the room's own socket."""
    client = await connect(server.ws_url, person.token, path=f"/ws/room/{room}")
    await client.receives("subscribed")
    return client
