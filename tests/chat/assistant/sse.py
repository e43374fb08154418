"""A client of the assistant's streams, over real HTTP: it reads event by event, and may be cut."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

CHAT = "/api/v1/chat"


@dataclass
class Received:
    """What one listener has of an answer, over however many connections."""

    events: list[dict[str, Any]] = field(default_factory=list)
    last_id: str = ""

    @property
    def text(self) -> str:
        return "".join(event["content"] for event in self.events if event["type"] == "token")

    @property
    def types(self) -> list[str]:
        """Without the tokens, of which there are as many as there are batches."""
        return [event["type"] for event in self.events if event["type"] != "token"]

    @property
    def message_id(self) -> str:
        found: str = self.events[0]["message_id"]
        return found

    @property
    def conversation_id(self) -> str:
        found: str = self.events[0]["conversation_id"]
        return found

    @property
    def ended(self) -> bool:
        return bool(self.events) and self.events[-1]["type"] == "done"


class Asker:
    """A person at one instance."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
            verify=False,  # noqa: S501 - http on the loopback: reading certificates takes time
        )

    async def close(self) -> None:
        await self.http.aclose()

    async def asks(self, message: str, received: Received, **more: Any) -> Received:
        """Ask, and listen to the end."""
        async for _ in self.stream(received, message=message, **more):
            pass
        return received

    async def stream(self, received: Received, **body: Any) -> AsyncIterator[dict[str, Any]]:
        """Ask, and yield what comes, after `received` has it."""
        async with self.http.stream("POST", f"{CHAT}/stream", json=body) as response:
            assert response.status_code == 200, await response.aread()
            async for event in _events(response, received):
                yield event

    async def resumes(
        self, received: Received, message_id: str = ""
    ) -> AsyncIterator[dict[str, Any]]:
        """Go on behind what was heard."""
        headers = {"Last-Event-ID": received.last_id} if received.last_id else {}
        path = f"{CHAT}/messages/{message_id or received.message_id}/stream"
        async with self.http.stream("GET", path, headers=headers) as response:
            assert response.status_code in (200, 204), await response.aread()
            async for event in _events(response, received):
                yield event

    async def receives_answer(self, received: Received, message_id: str = "") -> Received:
        """Go on to the end."""
        async for _ in self.resumes(received, message_id):
            pass
        return received

    async def message(self, conversation_id: str, message_id: str) -> dict[str, Any]:
        """An answer as it is stored."""
        answer = await self.http.get(f"{CHAT}/conversations/{conversation_id}")
        [found] = [each for each in answer.json()["messages"] if each["message_id"] == message_id]
        stored: dict[str, Any] = found
        return stored


@asynccontextmanager
async def asker(url: str, token: str) -> AsyncIterator[Asker]:
    made = Asker(url, token)
    try:
        yield made
    finally:
        await made.close()


async def _events(response: httpx.Response, received: Received) -> AsyncIterator[dict[str, Any]]:
    event_id = ""
    rest = b""
    async for data in response.aiter_bytes():
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"id: "):
                event_id = line[4:].decode()
            elif line.startswith(b"data: "):
                event = json.loads(line[6:])
                received.events.append(event)
                received.last_id = event_id
                yield event
