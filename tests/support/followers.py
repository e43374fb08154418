"""A client that comes back by itself and resumes, as docs/protocol.md asks of every client."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Self

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import (
    ABNORMAL,
    Frame,
    JsonClient,
    Position,
    connect,
    is_event,
)


class Follower:
    """A client that comes back by itself, at the next of `ws_urls`, and resumes.

    `received` are the events of its own topic over all its connections, `at` when each came
    (monotonic, by offset). It names the connection that it lost, unless `names_old` is False.
    """

    # docs/protocol.md asks for jitter; the tests have few clients and no time.
    BACK_OFF_S = 0.2

    def __init__(self, ws_urls: Sequence[str], token: str, *, names_old: bool = True) -> None:
        self.received: list[Frame] = []
        self.at: dict[int, float] = {}
        self.closes: list[tuple[int, str]] = []
        self.refusals: list[Frame] = []
        self.greetings = 0
        self.unrecovered = 0
        self.client: JsonClient | None = None
        self._ws_urls = list(ws_urls)
        self._token = token
        self._names_old = names_old
        self._positions: dict[str, Position] = {}
        self._since: str | None = None
        self._connection_id: str | None = None
        self._news = asyncio.Event()
        self._life: asyncio.Task[None] | None = None

    @property
    def offsets(self) -> list[int]:
        """In the order in which they were heard, over all connections."""
        return [frame["offset"] for frame in self.received]

    async def begins(self) -> Self:
        """Start, and wait until it is subscribed."""
        self._life = asyncio.create_task(self._follow())
        await self.until(lambda: self.greetings)
        return self

    async def until(self, done: Callable[[], object], *, within_s: float = PATIENCE_S) -> None:
        """Wait until `done`, asked whenever something has happened. Raises `AssertionError`."""
        try:
            async with asyncio.timeout(within_s):
                while not done():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            last = self.received[-1] if self.received else None
            raise AssertionError(
                f"not within {within_s} s; closes {self.closes}, the last event was {last}"
            ) from None

    async def receives_offset(self, offset: int, *, within_s: float = PATIENCE_S) -> None:
        await self.until(lambda: offset in self.at, within_s=within_s)

    async def ends(self) -> None:
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)
        if self.client is not None:
            await self.client.close()

    async def _follow(self) -> None:
        turn = 0
        while True:
            try:
                self.client = await connect(
                    self._ws_urls[turn % len(self._ws_urls)],
                    self._token,
                    since=self._since,
                    connection_id=self._connection_id if self._names_old else None,
                    positions=self._positions,
                )
            except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                turn += 1
            else:
                await self._listen(self.client)
                self.closes.append(self.client.closed or ABNORMAL)
                turn += 1
            self._news.set()
            await asyncio.sleep(self.BACK_OFF_S)

    async def _listen(self, client: JsonClient) -> None:
        taken = 0

        def take() -> bool:
            nonlocal taken
            for frame, at in zip(client.frames[taken:], client.received_at[taken:], strict=True):
                taken += 1
                self._take(client, frame, at)
            return client.closed is not None

        await client.until(take, within_s=3600)
        if client.positions and client.connection_id:
            self._positions, self._since = client.positions, client.since
        await client.close()

    def _take(self, client: JsonClient, frame: Frame, at: float) -> None:
        if frame["type"] == "connected":
            self._connection_id = frame["connection_id"]
        elif frame["type"] == "subscribed" and frame["topic"] == client.topic:
            self.greetings += 1
            self.unrecovered += not frame["recovered"]
        elif frame["type"] == "error":
            self.refusals.append(frame)
        elif is_event(frame) and frame["topic"] == client.topic:
            self.received.append(frame)
            self.at.setdefault(frame["offset"], at)
        self._news.set()
