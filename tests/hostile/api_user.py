"""Somebody who uses the service while others attack it."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.hostile.instances import Target
from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import connect

PASSWORD = "correct-horse-battery"
# Where attackers are not: the limits per address are theirs alone.
ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ApiUser:
    """A user with `PASSWORD`, and an access token of theirs."""

    name: str
    token: str = field(repr=False)


class Bystander:
    """A user with a browser. Each step is one thing that they do, and waits until it is done.

    `took` has the seconds that each step took, all times, by its name: for the benchmark.
    """

    def __init__(
        self, person: ApiUser, key: str, target: Target, *, address: str = ADDRESS
    ) -> None:
        self.person = person
        self.took: dict[str, list[float]] = {}
        self._key = key
        self._target = target
        self._address = address

    async def does_everything(self) -> None:
        """Sign in, make a REST call, connect, and receive a notification that is sent then.

        Raises `AssertionError`, or what the network raises, where one of them is not done.
        """
        # A connection for each: httpx does not try again where the server has closed an idle one.
        transport = httpx.AsyncHTTPTransport(
            local_address=self._address,
            verify=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        async with httpx.AsyncClient(
            base_url=self._target.url, timeout=PATIENCE_S, trust_env=False, transport=transport
        ) as http:
            token = await self._timed("sign-in", self._signs_in(http))
            await self._timed("REST call", self._asks(http, token))
            client = await self._timed("connect", self._connects(token))
            async with client:
                await self._timed("delivery", self._is_notified(http, client))

    async def _signs_in(self, http: httpx.AsyncClient) -> str:
        body = {"username": self.person.name, "password": PASSWORD}
        answer = await http.post("/api/v1/auth/token", json=body)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        access: str = answer.json()["access"]
        return access

    async def _asks(self, http: httpx.AsyncClient, token: str) -> None:
        answer = await http.get(
            "/api/v1/notifications/unread/count", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200, (answer.status_code, answer.text)

    async def _connects(self, token: str) -> Any:
        client = await connect(self._target.ws_url, token, local_address=self._address)
        return await client.is_greeted()

    async def _is_notified(self, http: httpx.AsyncClient, client: Any) -> None:
        body = {"usernames": [self.person.name], "type": "SYSTEM", "message": "Your tea is ready"}
        answer = await http.post(
            "/api/v1/notifications/send",
            json=body,
            headers={"Authorization": f"Api-Key {self._key}"},
        )
        assert answer.status_code == 201, (answer.status_code, answer.text)
        await client.receives("notification")

    async def _timed(self, step: str, work: Any) -> Any:
        began = time.perf_counter()
        async with asyncio.timeout(PATIENCE_S):
            done = await work
        self.took.setdefault(step, []).append(time.perf_counter() - began)
        return done
