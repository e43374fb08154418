"""The slot that a request holds while its view runs, for views that wait for something slow.

Slots are as many as there are database connections for requests. Whoever waits for a child process
needs neither, and gives both back meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from django.db import connection


class NoSlotError(Exception):
    """The request gets no slot any more: too many wait for one, or its client has left."""


class Slot(Protocol):
    """What a request holds. Both are called in the view's thread."""

    def leave(self) -> None:
        """Give the slot to the next in turn."""
        ...

    def enter(self) -> None:
        """Wait for a slot in turn. Raises `NoSlotError`."""
        ...


# Set by who lets requests in; a view's thread has a copy of its request's context.
current_slot: ContextVar[Slot | None] = ContextVar("bellwire_slot", default=None)


@contextmanager
def outside_slot() -> Iterator[None]:
    """Hold neither the request's slot nor its database connection. Not within a transaction.

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
