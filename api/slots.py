"""The slot of a request, for views that wait for something slow.

There are as many slots as database connections for requests. A view that waits for a child process
needs neither, so it gives up both meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from django.db import connection


class NoSlotError(Exception):
    """The request cannot reenter: too many requests wait for a slot, or its client has
    disconnected.
    """


class Slot(Protocol):
    """A request's slot. Both methods are called in the view's thread."""

    def leave(self) -> None:
        """Release the slot to the next request."""
        ...

    def enter(self) -> None:
        """Wait for a slot. Raises `NoSlotError`."""
        ...


# Set by the admission middleware; a view's thread has a copy of its request's context.
current_slot: ContextVar[Slot | None] = ContextVar("bellwire_slot", default=None)


@contextmanager
def outside_slot() -> Iterator[None]:
    """Release the request's slot and its database connection meanwhile. Not within a transaction.

    Raises `NoSlotError` at the end.
    """
    slot = current_slot.get()
    if slot is None:
        yield
        return
    if not connection.in_atomic_block:
        connection.close()
    slot.leave()
    try:
        yield
    finally:
        slot.enter()
