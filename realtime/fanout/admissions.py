"""Clients that are being let in: no connections of the hub yet, and a drain must tell them.

What they wait for (a credential's user, a topic's log, their own first frame) may take longer than
a stopping instance has.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager


class DrainingError(Exception):
    """The instance began to stop while a client was being let in."""


class Admissions:
    """One per process; one loop's only."""

    def __init__(self) -> None:
        self._pending: dict[object, Callable[[], None]] = {}
        self._draining = False

    def add(self, send_away: Callable[[], None]) -> Callable[[], None]:
        """Call `send_away` if a drain begins. Returns what ends that; calling it twice is fine."""
        key = object()
        self._pending[key] = send_away

        def remove() -> None:
            self._pending.pop(key, None)

        return remove

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Around the admission of a request. Raises `DrainingError` as soon as a drain begins.

        The work inside is cancelled; a thread's call goes on by itself.
        """
        if self._draining:
            raise DrainingError
        try:
            async with asyncio.timeout(None) as limit:
                with self._held(lambda: limit.reschedule(0)):
                    yield
        except TimeoutError:
            if limit.expired():
                raise DrainingError from None
            raise

    @contextmanager
    def _held(self, send_away: Callable[[], None]) -> Iterator[None]:
        remove = self.add(send_away)
        try:
            yield
        finally:
            remove()

    def drain(self) -> None:
        """Send everybody away who is not let in yet."""
        self._draining = True
        pending, self._pending = self._pending, {}
        for send_away in pending.values():
            send_away()
