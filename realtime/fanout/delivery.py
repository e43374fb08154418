"""Delivery after a commit: to this process's hub directly, to other processes by hints."""

from collections.abc import Sequence
from typing import Protocol

from realtime.cluster import hint_sender, postgresql_hints
from realtime.protocol.messages import EphemeralBroadcast, Publication, State
from realtime.protocol.principal import Eviction


class Receiver(Protocol):
    """The receiving side of a process with a hub. Every method may be called from any thread."""

    def enqueue(
        self, publications: Sequence[Publication], evictions: Sequence[Eviction]
    ) -> None: ...

    def enqueue_states(self, states: Sequence[State]) -> None: ...

    def enqueue_broadcasts(self, broadcasts: Sequence[EphemeralBroadcast]) -> None: ...


_receiver: Receiver | None = None


def deliver_to(receiver: Receiver | None) -> None:
    """Set the receiver of this process; None while the process has no hub."""
    global _receiver  # noqa: PLW0603
    _receiver = receiver


def deliver(publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
    """Deliver what a transaction appended and evicted. Call it after the commit."""
    if not publications and not evictions:
        return
    if _receiver is not None:
        _receiver.enqueue(publications, evictions)
    else:
        _send_now(publications, evictions)


def deliver_states(states: Sequence[State]) -> None:
    """Deliver states, which are not logged and may be lost, to subscribers on every instance.

    Does nothing in a process without a hub: states come from clients, which it has none of.
    """
    if _receiver is not None:
        _receiver.enqueue_states(states)


def deliver_broadcasts(broadcasts: Sequence[EphemeralBroadcast]) -> None:
    """Deliver the same state on several topics, on every instance. Call it after the commit."""
    if not broadcasts:
        return
    if _receiver is not None:
        _receiver.enqueue_broadcasts(broadcasts)
    else:
        _send_now((), (), broadcasts)


def _send_now(
    publications: Sequence[Publication],
    evictions: Sequence[Eviction],
    broadcasts: Sequence[EphemeralBroadcast] = (),
) -> None:
    by = postgresql_hints if postgresql_hints.is_available() else hint_sender
    by.send_now(publications, evictions, broadcasts)
