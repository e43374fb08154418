"""Sends events until each is known to be committed, whatever breaks meanwhile."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import httpx

from tests.e2e.services import SEND

# A request that takes longer is tried again, under the same key.
TIMEOUT_S = 5.0
PAUSE_S = 0.1


class Sender:
    """`answered` are the texts that were acknowledged, and when (monotonic)."""

    def __init__(self, url_of: Callable[[], str], credential: str) -> None:
        self.answered: dict[str, float] = {}
        self._url_of = url_of
        self._http = httpx.AsyncClient(
            headers={"Authorization": credential},
            timeout=TIMEOUT_S,
            trust_env=False,
            verify=False,  # noqa: S501 - http on the loopback: reading certificates takes time
        )

    async def notify(self, text: str, padding: str, usernames: Sequence[str]) -> None:
        """Send a notification to all of them."""
        message = f"{text} {padding}"
        body = {"usernames": usernames, "type": "ORDER_CREATED", "message": message}
        await self._posts(text, SEND, body, {"Idempotency-Key": text})

    async def post_message(self, text: str, room: int) -> None:
        """Send a message to a room."""
        body = {"content": text, "client_id": text}
        await self._posts(text, f"/api/v1/rooms/{room}/messages", body, {})

    async def _posts(
        self, text: str, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> None:
        while True:
            try:
                answer = await self._http.post(self._url_of() + path, json=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_S)
                continue
            # 409: the try before is still under way.
            if answer.status_code < 500 and answer.status_code not in (409, 429):
                assert answer.status_code in (200, 201), answer.text
                self.answered[text] = time.monotonic()
                return
            await asyncio.sleep(PAUSE_S)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
