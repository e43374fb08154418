"""Limits concurrent password hashes, as each takes a core for some 30 ms, and 19 MiB.

Threads that serve requests are shared. Without a limit, clients with wrong passwords would occupy
all of them, and every core.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from accounts.conf import conf
from api.errors import ApiError, Code


class HashingSlots:
    """Lets `HASHES_AT_ONCE` threads hash at once, and `HASHES_WAITING` wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._waiting = 0

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a slot. Raises `ApiError` (UNAVAILABLE) if too many wait, or after too long."""
        with self._changed:
            self._acquire()
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify()

    def _acquire(self) -> None:
        if self._running >= conf().hashes_at_once:
            if self._waiting >= conf().hashes_waiting:
                raise _busy()
            self._waiting += 1
            try:
                is_free = self._changed.wait_for(
                    lambda: self._running < conf().hashes_at_once,
                    timeout=conf().hash_wait_s,
                )
            finally:
                self._waiting -= 1
            if not is_free:
                raise _busy()
        self._running += 1


def _busy() -> ApiError:
    return ApiError(Code.UNAVAILABLE, "Too many people sign in at once", retry_after=2)


slots = HashingSlots()
