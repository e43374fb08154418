"""Doubles of the hub's side of delivery, for tests without an event loop."""

from collections.abc import Sequence

from realtime.protocol.messages import EphemeralBroadcast, State


class NoStates:
    """Drops what is not logged: only a process with connections has anybody to send it to."""

    def enqueue_states(self, states: Sequence[State]) -> None:
        """Dropped."""

    def enqueue_broadcasts(self, broadcasts: Sequence[EphemeralBroadcast]) -> None:
        """Dropped."""
