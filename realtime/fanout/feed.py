"""A topic as one process sees it: how far it has come, and who is listening here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from realtime.protocol.event_views import (
    NOTHING,
    EventFilter,
    Rendering,
    View,
    filtered,
    rendered,
)
from realtime.protocol.messages import Publication, State, Topic

if TYPE_CHECKING:
    from realtime.fanout.subscriber import Subscriber

# Compares as later than every offset.
_STOPPED = 2**63
# What one replay may put aside; beyond it reading the log again costs less memory.
BUFFERED_EVENTS = 1_000


class Subscription:
    """One session's interest in one topic.

    `offset` is the last one that the client was sent. While `buffer` is a list, the session is
    reading the log, and what arrives meanwhile is kept there. `send` takes what `view` makes.
    `on_filter_change` is called with the new filter when an event of this topic changed it, and
    `on_rendering_change` with the new rendering. `holder` is the subscriber, if it can lose the
    topic; it was authorized up to the offset `authorized_until`. `hidden` are offsets of the replay
    that are not shown. `distinct`: a replay shows the first of events with the same data
    (`StreamView.distinct`).
    """

    __slots__ = (
        "_bare",
        "_filter",
        "_kept",
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
        self.view = self._bare = view
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
        self.holder: Subscriber | None = None
        self._kept: list[State] = []
        self.buffer: list[Publication] | None = []

    def keep(self, publication: Publication) -> None:
        """Put aside what arrived during the replay."""
        if self.buffer is not None:
            if len(self.buffer) >= BUFFERED_EVENTS:
                self.buffer.clear()  # leaves a hole, and so the log is read again
            self.buffer.append(publication)

    def apply_filter(self, event_filter: EventFilter | None) -> None:
        """Show only what the mask shows, from now on."""
        self._filter = event_filter
        self._dress()

    def render(self, rendering: Rendering | None) -> None:
        """Show what the rendering makes, from now on."""
        self._rendering = rendering
        self._dress()

    def _dress(self) -> None:
        self.view = filtered(rendered(self._bare, self._rendering), self._filter)

    def silence(self) -> None:
        """Show nothing more, and go on hearing."""
        self.view = self._bare = NOTHING
        self._filter = self._rendering = None
        self.go_live()

    def send_states(self, states: Iterable[State]) -> None:
        """Send the topic's unlogged facts, where they are shown."""
        for state in states:
            shown = self.view.state(state)
            if shown is not None:
                self.send(shown)

    def receive_state(self, state: State, look: Callable[[View], Any | None]) -> None:
        """Send one of them now, or once the replay is over; `look` makes what is sent."""
        if self.buffer is not None:
            self._kept.append(state)
        elif (shown := look(self.view)) is not None:
            self.send(shown)

    def send_kept_states(self) -> None:
        """Send what was heard during the replay."""
        kept, self._kept = self._kept, []
        self.send_states(kept)

    def take_buffer(self) -> list[Publication]:
        """What was kept; more is kept from now on."""
        kept, self.buffer = self.buffer or [], []
        return kept

    def go_live(self) -> None:
        """From now on the hub writes."""
        self.buffer = None
        self.hidden = ()

    def stop(self) -> None:
        """Deliver nothing more, in the middle of a fan-out too."""
        self._reached = self.reached
        self.offset = _STOPPED
        self.buffer = None

    @property
    def reached(self) -> int:
        """The last offset that the client was sent, also after the end."""
        return self._reached if self.offset == _STOPPED else self.offset

    def is_stopped(self) -> bool:
        """Whether the session has left the topic."""
        return self.offset == _STOPPED


class Feed:
    """`offset` is the last one passed on; None until the log was read for the first time.

    `early` holds what came before its turn, by offset.
    """

    __slots__ = ("_listening", "_ordered", "early", "offset", "topic")

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.offset: int | None = None
        self.early: dict[int, Publication] = {}
        self._listening: set[Subscription] = set()
        self._ordered: tuple[Subscription, ...] | None = None

    def begin(self, head: int) -> list[Publication]:
        """Start at `head`; returns what came before it was known, in order, to be taken anew."""
        self.offset = head
        early = [self.early[offset] for offset in sorted(self.early) if offset > head]
        self.early.clear()
        return early

    def add(self, subscription: Subscription) -> None:
        self._listening.add(subscription)
        self._ordered = None

    def remove(self, subscription: Subscription) -> bool:
        """Returns whether nobody listens any more."""
        self._listening.discard(subscription)
        self._ordered = None
        return not self._listening

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Those who listen now; joining and leaving does not disturb who iterates over it."""
        if self._ordered is None:
            self._ordered = tuple(self._listening)
        return self._ordered
