"""Clients that are being admitted: a drain must reach them, but the hub does not know them yet.

Admission waits for a credential's user, a topic's log, or the client's first frame, which may take
longer than a stopping instance has.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager


class DrainingError(Exception):
    """The instance began to drain while a client was being admitted."""


class Admissions:
    """One per process, for its event loop only."""

    def __init__(self) -> None:
        self._pending: dict[object, Callable[[], None]] = {}
        self._draining = False

    def add(self, refuse: Callable[[], None]) -> Callable[[], None]:
        """Call `refuse` if a drain begins. Returns a function that undoes this (idempotent)."""
        key = object()
        self._pending[key] = refuse

        def remove() -> None:
            self._pending.pop(key, None)

        return remove

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Wrap the admission of a request. Raises `DrainingError` as soon as a drain begins.

        The work inside is cancelled; a call that runs in a thread goes on.
        """
        if self._draining:
            raise DrainingError
        try:
            async with asyncio.timeout(None) as limit:
                with self._pending_entry(lambda: limit.reschedule(0)):
                    yield
        except TimeoutError:
            if limit.expired():
                raise DrainingError from None
            raise

    @contextmanager
    def _pending_entry(self, refuse: Callable[[], None]) -> Iterator[None]:
        remove = self.add(refuse)
        try:
            yield
        finally:
            remove()

    def drain(self) -> None:
        """Refuse all clients that are not admitted yet."""
        self._draining = True
        pending, self._pending = self._pending, {}
        for refuse in pending.values():
            refuse()
