"""An internal service, as the deployment's REST API knows it."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx

from tests.support.deadlines import PATIENCE_S

# A request that takes longer is the failure that a test reports.
TIMEOUT_S = PATIENCE_S
SEND = "/api/v1/notifications/send"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request: its answer, and when it began and ended (monotonic)."""

    url: str
    status: int
    body: Any
    began: float
    ended: float

    @property
    def took_s(self) -> float:
        return self.ended - self.began


class Service:
    """Sends notifications. `urls` are those of the instances, the first is asked if none is named.

    `async with Service(key, deployment.url) as orders: await orders.sends("hello", "alice")`
    """

    def __init__(self, key: str, *urls: str) -> None:
        self.urls = list(urls)
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Api-Key {key}"},
            timeout=TIMEOUT_S,
            trust_env=False,
            verify=False,  # noqa: S501 - http on the loopback: reading certificates takes time
            limits=httpx.Limits(max_connections=200),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def posts(self, message: str, *usernames: str, url: str = "", **fields: Any) -> Sent:
        """One request, whatever its answer. Raises `httpx.HTTPError` if there is none."""
        to = {} if "external_ids" in fields else {"usernames": usernames}
        body = {**to, "type": "ORDER_CREATED", "message": message, **fields}
        began = time.monotonic()
        asked = url or self.urls[0]
        answer = await self._http.post(f"{asked}{SEND}", json=body)
        return Sent(asked, answer.status_code, answer.json(), began, time.monotonic())

    async def sends(self, message: str, *usernames: str, url: str = "", **fields: Any) -> Sent:
        """One request, which must succeed."""
        sent = await self.posts(message, *usernames, url=url, **fields)
        assert sent.status == 201, sent
        return sent

    async def sends_surely(self, message: str, *usernames: str) -> None:
        """Send once, though instances die: try the next one, under the same idempotency key."""
        key = uuid.uuid4().hex
        body = {"usernames": usernames, "type": "ORDER_CREATED", "message": message}
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                for url in self.urls:
                    try:
                        answer = await self._http.post(
                            f"{url}{SEND}", json=body, headers={"Idempotency-Key": key}
                        )
                    except httpx.TransportError:
                        continue
                    assert answer.status_code == 201, answer.text
                    return
                # Nobody listens: somebody is on the way up, or time is up.
                await asyncio.sleep(0.05)


async def inbox(url: str, token: str, *, pages_of: int = 100) -> Sequence[Any]:
    """The whole list of the token's user over REST, newest first."""
    rows: list[Any] = []
    async with httpx.AsyncClient(
        headers={"Authorization": f"Bearer {token}"},
        timeout=TIMEOUT_S,
        trust_env=False,
        verify=False,  # noqa: S501
    ) as http:
        page = 1
        while True:
            params = {"page": page, "size": pages_of}
            answer = await http.get(f"{url}/api/v1/notifications", params=params)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            rows += body["results"]
            if not body["next"]:
                return rows
            page += 1


async def readiness(url: str) -> str:
    """What an instance says of Redis: `ok`, `degraded` or `embedded`."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:  # noqa: S501
        answer = await http.get(f"{url}/readyz")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["redis"])


async def logout(url: str, token: str) -> None:
    """End the sign-in that the access token belongs to."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:  # noqa: S501
        answer = await http.post(
            f"{url}/api/v1/auth/logout", headers={"Authorization": f"Bearer {token}"}
        )
    assert answer.status_code == 204, answer.text


class Traffic:
    """A steady stream of notifications to `usernames`, over all of the service's instances in turn.

    It does not wait for an answer before it sends the next: what holds one request up is seen as
    that request's time, and not as fewer requests.

    `async with Traffic(orders, "alice") as traffic: ...`, and afterwards `traffic.sent`.
    """

    def __init__(self, service: Service, *usernames: str, every_s: float = 0.05) -> None:
        self.sent: list[Sent] = []
        self._service = service
        self._usernames = usernames
        self._every_s = every_s
        self._on = True
        self._requests: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._source = asyncio.create_task(self._flow())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._on = False
        await self._source
        await asyncio.gather(*self._requests)

    async def _flow(self) -> None:
        number = 0
        while self._on:
            url = self._service.urls[number % len(self._service.urls)]
            task = asyncio.create_task(self._one(number, url))
            self._requests.add(task)
            number += 1
            await asyncio.sleep(self._every_s)

    async def _one(self, number: int, url: str) -> None:
        self.sent.append(await self._service.posts(f"{number} {url}", *self._usernames, url=url))
