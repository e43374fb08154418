"""A reader that comes back by itself, over any transport, and resumes where it was."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx
from websockets.exceptions import WebSocketException

from tests.contract.http_stream import CutShortError
from tests.contract.lines import End, Line, RefusedError, Subscription, Transport, text_of
from tests.contract.pipes import PipeClosedError
from tests.ledger.tally import Receipt

# What an instance, a balancer or a network that goes away does to a client.
BROKEN = (
    *(RefusedError, PipeClosedError, CutShortError, WebSocketException, httpx.HTTPError),
    *(OSError, EOFError, AssertionError, ValueError, KeyError),
)
# An answer that has not come by then does not: the next instance is asked.
OPEN_S = 10.0
BACK_OFF_S = (0.05, 0.3)
# How long a slow reader leaves what comes in the kernel's buffer, and how large that is.
PAUSE_S = (0.5, 2.0)
NARROW = 4096
# How long a connection lasts whose client cuts at random.
LIFE_S = (0.2, 1.5)


@dataclass(frozen=True, slots=True)
class Habits:
    """What readers do to their own connections."""

    cuts: bool = False
    switches: bool = False
    slow: bool = False


class Reader:
    """One subscription over however many connections. `received` are its texts, in order."""

    def __init__(
        self,
        url_of: Callable[[], str],
        token: str,
        subscription: Subscription,
        transports: Sequence[Transport],
        habits: Habits,
    ) -> None:
        self.received: list[Receipt] = []
        self.subscription = subscription
        self.connections = 0
        self._url_of = url_of
        self._token = token
        self._transports = transports
        self._habits = habits
        self._position = ""
        self._is_open = asyncio.Event()
        self._life: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start; returns once subscribed, so that nothing is missed from now on."""
        self._life = asyncio.create_task(self._live())
        waits = asyncio.create_task(self._is_open.wait())
        await asyncio.wait([self._life, waits], return_when=asyncio.FIRST_COMPLETED)
        if self._life.done():
            self._life.result()

    async def end(self) -> None:
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)

    async def _live(self) -> None:
        while True:
            number = self.connections if self._habits.switches else 0
            transport = self._transports[number % len(self._transports)]
            try:
                async with asyncio.timeout(OPEN_S):
                    line = await transport.open(
                        self._url_of(),
                        self._token,
                        self.subscription,
                        since=self._position,
                        receive_buffer=NARROW if self._habits.slow else 0,
                    )
            except (TimeoutError, *BROKEN):
                await asyncio.sleep(random.uniform(*BACK_OFF_S))
                continue
            self.connections += 1
            await self._listen(line)

    async def _listen(self, line: Line) -> None:
        taken = 0
        # One that fails on an answer that is no answer of ours (a balancer's) has ended too.
        if line._reader is not None:
            line._reader.add_done_callback(lambda _: line.ended(End(-1)))

        def take() -> bool:
            nonlocal taken
            now = time.monotonic()
            for body in line.bodies[taken:]:
                self.received.append((text_of(body).partition(" ")[0], now))
                taken += 1
            self._position = line.position
            return line.end is not None

        take()
        self._is_open.set()
        pausing = asyncio.create_task(self._pause(line))
        life_s = random.uniform(*LIFE_S) if self._habits.cuts else 3600
        try:
            with suppress(AssertionError):
                await line.until(take, within_s=life_s)
        finally:
            pausing.cancel()
            # What its reader has taken by now counts as received; after this nothing is.
            take()
            line.cut()
            with suppress(TimeoutError, *BROKEN):
                async with asyncio.timeout(OPEN_S):
                    await line.close()
            take()

    async def _pause(self, line: Line) -> None:
        """Read only now and then, if that is the habit."""
        with suppress(NotImplementedError, OSError, RuntimeError):
            while self._habits.slow:
                line.stop_reading()
                await asyncio.sleep(random.uniform(*PAUSE_S))
                line.read_again()
                await asyncio.sleep(random.uniform(*BACK_OFF_S))
