"""The local subscriptions of one topic, and how far they have received it."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from realtime.protocol.event_views import (
    NOTHING,
    EventFilter,
    Rendering,
    View,
    filtered,
    rendered,
)
from realtime.protocol.messages import Publication, State, Topic

# Greater than every offset.
_STOPPED = 2**63
# Events buffered during one replay; beyond it, reading the log again takes less memory.
BUFFERED_EVENTS = 1_000


class SubscriptionHolder(Protocol):
    """What the hub asks of the client that a subscription belongs to."""

    user_id: int

    def withdraw(self, subscription: "Subscription") -> None:
        """End a subscription whose topic the client may not read any more."""


class Subscription:
    """One session's subscription to one topic.

    `offset` is the last one that the client was sent. While `buffer` is a list, the session is
    reading the log, and events that arrive meanwhile are buffered there. `send` gets what `view`
    returns. `on_filter_change` is called with the new filter when an event of this topic changed
    it, and `on_rendering_change` with the new rendering. `holder` is the subscriber, if it can lose
    the topic; it was authorized up to the offset `authorized_until`. `hidden` are offsets of the
    replay that are not shown. `distinct`: a replay shows the first of events with the same data
    (`StreamView.distinct`).
    """

    __slots__ = (
        "_filter",
        "_kept_states",
        "_plain_view",
        "_reached",
        "_rendering",
        "authorized_until",
        "buffer",
        "distinct",
        "hidden",
        "holder",
        "offset",
        "on_filter_change",
        "on_rendering_change",
        "resume",
        "send",
        "topic",
        "view",
    )

    def __init__(
        self,
        topic: Topic,
        view: View,
        send: Callable[[Any], object],
        resume: Callable[[], None],
        on_filter_change: Callable[[EventFilter | None], None] | None = None,
        on_rendering_change: Callable[[Rendering | None], None] | None = None,
        distinct: bool = False,
    ) -> None:
        self.topic = topic
        self.distinct = distinct
        self.view = self._plain_view = view
        self.send = send
        self.resume = resume
        self.on_filter_change = on_filter_change
        self.on_rendering_change = on_rendering_change
        self._filter: EventFilter | None = None
        self._rendering: Rendering | None = None
        self.offset = 0
        self._reached = 0
        self.authorized_until = 0
        self.hidden: Collection[int] = ()
        self.holder: SubscriptionHolder | None = None
        self._kept_states: list[State] = []
        self.buffer: list[Publication] | None = []

    def keep(self, publication: Publication) -> None:
        """Buffer an event that arrived during the replay."""
        if self.buffer is not None:
            if len(self.buffer) >= BUFFERED_EVENTS:
                self.buffer.clear()  # leaves a gap, so that the log is read again
            self.buffer.append(publication)

    def apply_filter(self, event_filter: EventFilter | None) -> None:
        """Show only events that pass the filter, from now on."""
        self._filter = event_filter
        self._update_view()

    def render(self, rendering: Rendering | None) -> None:
        """Apply the rendering from now on."""
        self._rendering = rendering
        self._update_view()

    def _update_view(self) -> None:
        self.view = filtered(rendered(self._plain_view, self._rendering), self._filter)

    def silence(self) -> None:
        """Show nothing more, but keep following the topic."""
        self.view = self._plain_view = NOTHING
        self._filter = self._rendering = None
        self.go_live()

    def send_states(self, states: Iterable[State]) -> None:
        """Send the topic's unlogged states, if the view shows them."""
        for state in states:
            shown = self.view.state(state)
            if shown is not None:
                self.send(shown)

    def receive_state(self, state: State, encode: Callable[[View], Any | None]) -> None:
        """Send a state now, or after the replay; `encode` encodes it for a view."""
        if self.buffer is not None:
            self._kept_states.append(state)
        elif (shown := encode(self.view)) is not None:
            self.send(shown)

    def send_kept_states(self) -> None:
        """Send the states that arrived during the replay."""
        kept, self._kept_states = self._kept_states, []
        self.send_states(kept)

    def take_buffer(self) -> list[Publication]:
        """Return the buffered events, and start an empty buffer."""
        kept, self.buffer = self.buffer or [], []
        return kept

    def go_live(self) -> None:
        """Stop buffering: the hub sends events directly from now on."""
        self.buffer = None
        self.hidden = ()

    def stop(self) -> None:
        """Deliver nothing more, even in the middle of a fan-out."""
        self._reached = self.reached
        self.offset = _STOPPED
        self.buffer = None

    @property
    def reached(self) -> int:
        """The last offset that the client was sent; also available after `stop`."""
        return self._reached if self.offset == _STOPPED else self.offset

    def is_stopped(self) -> bool:
        """Return whether the session has left the topic."""
        return self.offset == _STOPPED


class Feed:
    """The topic's subscriptions in this process.

    `offset` is the last one passed on; None until the log was read for the first time. `early`
    holds events that arrived before their turn, by offset.
    """

    __slots__ = ("_ordered", "_subscriptions", "early", "offset", "topic")

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.offset: int | None = None
        self.early: dict[int, Publication] = {}
        self._subscriptions: set[Subscription] = set()
        self._ordered: tuple[Subscription, ...] | None = None

    def begin(self, head: int) -> list[Publication]:
        """Start at `head`; return the early events after it in order, to be accepted again."""
        self.offset = head
        early = [self.early[offset] for offset in sorted(self.early) if offset > head]
        self.early.clear()
        return early

    def add(self, subscription: Subscription) -> None:
        self._subscriptions.add(subscription)
        self._ordered = None

    def remove(self, subscription: Subscription) -> bool:
        """Remove a subscription; return whether none is left."""
        self._subscriptions.discard(subscription)
        self._ordered = None
        return not self._subscriptions

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return the current subscriptions as a tuple, which is safe to iterate over."""
        if self._ordered is None:
            self._ordered = tuple(self._subscriptions)
        return self._ordered
