"""Members who talk over their room's own socket, lose it, come back and go on."""

import asyncio
import random
from typing import Any

from tests.e2e.users import ApiUser
from tests.support.json_client import Frame, JsonClient, connect

# Long enough to hear something, short enough to be cut often.
SHORTEST, LONGEST = 50, 700
# Thousands of messages, one after the other: as long as a test may take at all (300 s), less its
# beginning and end. Two cores with twenty programs at work were three quarters through after 110 s.
TALK_S = 240.0


class RoomMember:
    """Says `texts` and hears everybody; with a `chance` each connection is cut at some moment.

    `received` are the room's events, over all connections, each with the next offset.
    """

    def __init__(
        self,
        ws_urls: list[str],
        person: ApiUser,
        room: int,
        texts: list[str],
        *,
        chance: random.Random | None = None,
    ) -> None:
        self.name = person.name
        self.texts = texts
        self.received: list[Frame] = []
        self.answers: dict[str, Any] = {}
        self.cuts = 0
        self._token = person.token
        self._ws_urls = ws_urls
        self._path = f"/ws/room/{room}"
        self._chance = chance
        self._since: str | None = None
        self._connection_id: str | None = None
        self._taken = self._messages = 0

    @property
    def said(self) -> list[tuple[int, str]]:
        """(offset, content) of the messages heard."""
        return [
            (frame["offset"], frame["data"]["content"])
            for frame in self.received
            if frame["type"] == "message"
        ]

    async def comes(self) -> None:
        """Be there once, so that from now on nothing is missed."""
        async with await self._opens() as client:
            start = await client.receives("subscribed")
        self._since = f"{start['epoch']}:{start['offset']}"

    async def talks_until(self, count: int) -> None:
        """Say everything, and hear so many messages."""
        while not self._done(count):
            async with await self._opens() as client:
                self._taken = 0
                saying = asyncio.create_task(self._sends_command(client))
                most = self._chance.randint(SHORTEST, LONGEST) if self._chance else None
                await client.until(
                    lambda it=client, most=most: self._takes(it, count, most),  # type: ignore[misc]
                    within_s=TALK_S,
                )
                saying.cancel()
                await asyncio.gather(saying, return_exceptions=True)
                if not self._done(count):
                    client.cut()
                    self.cuts += 1

    def _done(self, count: int) -> bool:
        return len(self.answers) == len(self.texts) and self._messages >= count

    def _takes(self, client: JsonClient, count: int, most: int | None) -> bool:
        new = client.frames[self._taken :]
        self._taken += len(new)
        for frame in new:
            match frame["type"]:
                case "connected":
                    self._connection_id = frame["connection_id"]
                case "subscribed":
                    assert self._since is None or frame["recovered"]
                case "ok":
                    answer = frame["data"]
                    # A resend is answered as the first time.
                    assert self.answers.setdefault(frame["ref"], answer) == answer
                case "presence":
                    pass
                case "error":
                    raise AssertionError(frame)
                case _:
                    if self.received:
                        assert frame["offset"] == self.received[-1]["offset"] + 1
                    self.received.append(frame)
                    self._messages += frame["type"] == "message"
                    self._since = f"{frame['epoch']}:{frame['offset']}"
        return self._done(count) or (most is not None and self._taken >= most)

    async def _sends_command(self, client: JsonClient) -> None:
        for number, text in enumerate(self.texts):
            ref = f"{self.name}-{number}"
            if ref not in self.answers:
                await client.sends_command("message", ref, content=text, client_id=ref)

    async def _opens(self) -> JsonClient:
        return await connect(
            self._ws_urls[self.cuts % len(self._ws_urls)],
            self._token,
            path=self._path,
            since=self._since,
            connection_id=self._connection_id,
        )
