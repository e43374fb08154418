"""A connection's subscriptions: join the feed, read the log, replay, go live.

The order guarantees that no event is lost: a subscription joins its feed before it reads the log,
so that events committed after the read arrive live, and it goes live only at a moment when it has
sent everything that the feed has passed on.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from realtime import metrics
from realtime.database.executor import in_thread_for
from realtime.database.health import has_trace
from realtime.fanout.feed import Feed, Subscription
from realtime.fanout.hub import Hub
from realtime.fanout.outbox import Outbox
from realtime.log import event_log, recovery
from realtime.protocol.errors import Close, RealtimeError
from realtime.protocol.event_views import (
    NOTHING,
    EventFilter,
    Rendering,
    View,
)
from realtime.protocol.messages import (
    Position,
    Publication,
    State,
    Topic,
)
from realtime.protocol.principal import Principal
from realtime.registries import topics

logger = logging.getLogger(__name__)

# A client that accepts none of its replay for this long is not reading.
STALL_S = 10.0
# Attempts to read the log, a second apart, before the client is disconnected.
READ_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Found:
    """The result of one database call for one principal."""

    epoch: str
    replays: Mapping[Topic, event_log.Replay]
    snapshots: Mapping[Topic, bytes | None]
    states: Mapping[Topic, Sequence[State]]
    filters: Mapping[Topic, EventFilter | None]
    renderings: Mapping[Topic, Rendering | None]
    hidden: Mapping[Topic, Collection[int]]


@dataclass(frozen=True, slots=True)
class Start:
    """A subscription that has joined its feed and read the log, but has sent nothing yet."""

    subscription: Subscription
    feed: Feed
    replay: event_log.Replay
    snapshot: bytes | None
    states: Sequence[State]


class Subscriber:
    """All subscriptions of one connection."""

    def __init__(
        self,
        *,
        principal: Principal,
        hub: Hub,
        outbox: Outbox[Any],
        close: Callable[[Close], None],
        withdrawn: Callable[[Topic], None],
    ) -> None:
        self.user_id = principal.user_id
        self._principal = principal
        self._hub = hub
        self._outbox = outbox
        self._close = close
        self._withdrawn = withdrawn
        self._subscriptions: set[Subscription] = set()
        # Subscriptions that are shown to nobody; others depend on their events.
        self._silent: set[Subscription] = set()
        # Subscriptions to which the principal's event filter applies.
        self._filtered: set[Subscription] = set()
        # Subscriptions to which the principal's rendering applies.
        self._rendered: set[Subscription] = set()
        self._ended = False

    def position(self, subscription: Subscription) -> Position:
        """Return the position that the client has reached, including hidden events."""
        return Position(self._hub.epoch, subscription.reached)

    async def join(
        self,
        wanted: Mapping[Topic, Position | None],
        *,
        view: View,
        send: Callable[[Any], object],
        snapshots: bool = True,
        distinct: bool = False,
    ) -> list[Start] | None:
        """Join the feeds, then read the log. Returns None if the connection ended meanwhile.

        `send` gets what `view` returns, and may return False if it did not send it.

        Without `snapshots`, the policies are asked to authorize again after the heads are read: the
        principal may have lost a topic since it was admitted.
        """
        if self._ended:
            return None
        joined = {topic: self._join(topic, view, send, distinct=distinct) for topic in wanted}
        for other in self._missing_dependencies(wanted):
            joined[other] = self._join(other, NOTHING, lambda _: None)
            self._silent.add(joined[other][0])
        if snapshots:
            await self._load_presence(wanted)
        first = _First.SNAPSHOTS if snapshots else _First.PLAIN
        try:
            found = await self._read({topic: wanted.get(topic) for topic in joined}, first, wanted)
        except RealtimeError:
            for subscription, _ in joined.values():
                self.leave(subscription)
            raise
        if found is None or self._ended:
            # It ended while the log was read: no position was reached, so none may be reported.
            return None
        starts = []
        for topic, (subscription, feed) in joined.items():
            replay = found.replays[topic]
            self._hub.learn(feed, found.epoch, replay.head.offset)
            subscription.authorized_until = replay.head.offset
            subscription.hidden = found.hidden.get(topic, ())
            asked = wanted.get(topic)
            if asked is not None:
                metrics.REPLAYS.labels(str(replay.recovered).lower()).inc()
            replays = asked is not None and replay.recovered
            subscription.offset = asked.offset if replays and asked else replay.head.offset
            self._apply_views(subscription, found)
            snapshot, states = found.snapshots.get(topic), found.states.get(topic, ())
            starts.append(Start(subscription, feed, replay, snapshot, states))
        silent = [start for start in starts if start.subscription.topic not in wanted]
        await self.begin(silent)
        return [start for start in starts if start.subscription.topic in wanted]

    def _apply_views(self, subscription: Subscription, found: "_Found") -> None:
        topic = subscription.topic
        if topic in found.filters:
            self._filtered.add(subscription)
            subscription.apply_filter(found.filters[topic])
        if topic in found.renderings:
            self._rendered.add(subscription)
            subscription.render(found.renderings[topic])

    def _join(
        self, topic: Topic, view: View, send: Callable[[Any], object], *, distinct: bool = False
    ) -> tuple[Subscription, Feed]:
        subscription = Subscription(
            topic, view, send, self.resume, self._apply_filter, self._apply_rendering, distinct
        )
        subscription.holder = self
        self._subscriptions.add(subscription)
        return subscription, self._hub.join(subscription)

    def _missing_dependencies(self, wanted: Mapping[Topic, Position | None]) -> set[Topic]:
        """Return the topics that `wanted` depends on and that are not subscribed to here."""
        needed = {other for topic in wanted for other in self._dependencies_of(topic)}
        return needed - {subscription.topic for subscription in self._subscriptions}

    def _shown(self) -> set[Subscription]:
        return self._subscriptions - self._silent

    def _needed(self) -> set[Topic]:
        """Return the topics that must be followed for others although they are not shown."""
        shown = {subscription.topic for subscription in self._shown()}
        return {other for topic in shown for other in self._dependencies_of(topic)} - shown

    def _dependencies_of(self, topic: Topic) -> Collection[Topic]:
        return topics.policy_of(topic).depends_on(self._principal)

    def _apply_filter(self, event_filter: EventFilter | None) -> None:
        for subscription in self._filtered:
            subscription.apply_filter(event_filter)

    def _apply_rendering(self, rendering: Rendering | None) -> None:
        for subscription in self._rendered:
            subscription.render(rendering)

    async def begin(self, starts: Sequence[Start]) -> None:
        """Replay missed events, and go live."""
        for start in starts:
            await self._catch_up(start.subscription, start.feed, start.replay.publications)
            if not start.subscription.is_stopped():
                start.subscription.send_states(start.states)

    def leave(self, subscription: Subscription) -> None:
        """End a subscription; if others depend on its topic, keep following it silently."""
        self._filtered.discard(subscription)
        self._rendered.discard(subscription)
        self._silent.add(subscription)
        subscription.silence()
        needed, followed = self._needed(), set()
        for silent in list(self._silent):
            if silent.topic in needed and silent.topic not in followed:
                followed.add(silent.topic)
            else:
                self._end(silent)

    def _end(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)
        self._silent.discard(subscription)
        self._filtered.discard(subscription)
        self._rendered.discard(subscription)
        self._hub.part(subscription)

    def leave_all(self) -> None:
        """End every subscription, because the connection ends."""
        self._ended = True
        for subscription in self._subscriptions:
            self._hub.part(subscription)
        self._subscriptions.clear()
        self._silent.clear()
        self._filtered.clear()
        self._rendered.clear()

    def withdraw(self, subscription: Subscription) -> None:
        """End a subscription whose topic the client may not read any more."""
        self.leave(subscription)
        self._withdrawn(subscription.topic)

    def resume(self) -> None:
        """Close, because log and feed have diverged: the client reconnects and resumes."""
        self._close(Close.OUT_OF_STEP)

    async def _catch_up(
        self, subscription: Subscription, feed: Feed, missed: Sequence[Publication]
    ) -> None:
        """Replay, then send what arrived meanwhile in the same way, until nothing is left."""
        buffered = False
        sent_data: set[bytes | None] = set()
        while await self._replay(subscription, missed, sent_data):
            arrived = subscription.take_buffer()
            buffered = buffered or bool(arrived)
            try:
                missed = list(recovery.after(subscription.offset, arrived))
            except recovery.HoleError:
                missed = []
            if missed:
                continue
            if feed.offset is None or subscription.offset >= feed.offset:
                subscription.go_live()
                subscription.send_kept_states()
                if buffered:
                    # The state was read before these events.
                    self._hub.refresh(subscription.topic)
                return
            # The feed advanced between two reads of its head, or the buffer overflowed.
            here = self.position(subscription)
            found = await self._read({subscription.topic: here}, None, ())
            if found is None:
                return
            replay = found.replays[subscription.topic]
            if not replay.recovered:
                self.resume()
                return
            missed = replay.publications

    async def _replay(
        self,
        subscription: Subscription,
        missed: Sequence[Publication],
        sent_data: set[bytes | None],
    ) -> bool:
        """Send missed events at the client's pace. Returns False if it was stopped."""
        for publication in missed:
            if subscription.is_stopped():
                return False
            self._deliver(subscription, publication, sent_data)
            # A replay waits for each event to leave the outbox: however large its events are, the
            # outbox stays free for live ones.
            if not self._outbox.clear and not await self._is_drained():
                return False
        return not subscription.is_stopped()

    def _deliver(
        self, subscription: Subscription, publication: Publication, sent_data: set[bytes | None]
    ) -> None:
        subscription.offset = publication.offset
        is_hidden = publication.offset in subscription.hidden
        shown = None if is_hidden else subscription.view.event(publication)
        if shown is not None and publication.data not in sent_data:
            sent = subscription.send(shown)
            metrics.DELIVERIES.inc()
            if subscription.distinct and sent is not False:
                sent_data.add(publication.data)
        policy = topics.policy_of(publication.topic)
        if policy.changes_filter(publication):
            self._apply_filter(policy.filter_after(publication))
        # The rendering was read after the head, so replayed events up to it are already considered.
        if publication.offset > subscription.authorized_until and policy.changes_rendering(
            publication
        ):
            self._apply_rendering(policy.rendering_after(publication))
        self._apply_revocation(subscription, publication)

    def _apply_revocation(self, subscription: Subscription, publication: Publication) -> None:
        """Leave the topic, if this event revokes the permission to read it."""
        policy = topics.policy_of(publication.topic)
        if (
            publication.type in policy.revoking_events
            and publication.offset > subscription.authorized_until
            and policy.revokes(publication, self.user_id)
        ):
            self.withdraw(subscription)

    async def _load_presence(self, wanted: Mapping[Topic, Position | None]) -> None:
        """Load the presence of the topics that show it, for the snapshots."""
        if self._hub.presence is not None:
            for topic in wanted:
                if topics.policy_of(topic).shows_presence:
                    await self._hub.presence.get_users(topic)

    async def _is_drained(self) -> bool:
        """Wait until the client has accepted everything. Returns False if the connection ended."""
        try:
            async with asyncio.timeout(STALL_S):
                return await self._outbox.drained()
        except TimeoutError:
            self._outbox.overflow()
            return False

    async def _read(
        self,
        wanted: Mapping[Topic, Position | None],
        first: "_First | None",
        shown: Collection[Topic],
    ) -> _Found | None:
        for attempt in range(READ_TRIES):
            try:
                return await in_thread_for(
                    self.user_id, _read_all, self._principal, wanted, first, shown
                )
            except RealtimeError:
                raise
            except Exception as error:
                trace = not attempt and has_trace(error)
                logger.warning("The log cannot be read; trying again", exc_info=trace)
            # A database that restarts needs a moment; asking faster would only slow it down.
            await asyncio.sleep(1)
        self._close(Close.UNAVAILABLE)
        return None


class _First(Enum):
    """What a subscription's first read loads besides the log."""

    PLAIN = "plain"
    SNAPSHOTS = "snapshots"


def _read_all(
    principal: Principal,
    wanted: Mapping[Topic, Position | None],
    first: _First | None,
    shown: Collection[Topic],
) -> _Found:
    """Read everything that a subscription needs from the database, in one thread.

    Snapshots and states are read after the heads: they include everything up to the heads, and
    later changes are sent as events.
    """
    epoch, replays = event_log.read(wanted)
    if first is None:
        return _Found(epoch, replays, {}, {}, {}, {}, {})
    if first is _First.PLAIN:
        topics.authorize_many(principal, shown)
    snapshots: dict[Topic, bytes | None] = {}
    filters: dict[Topic, EventFilter | None] = {}
    renderings: dict[Topic, Rendering | None] = {}
    hidden: dict[Topic, Collection[int]] = {}
    asked: dict[str, tuple[EventFilter | None, Rendering | None]] = {}
    for topic in wanted:
        policy = topics.policy_of(topic)
        if first is _First.SNAPSHOTS:
            snapshots[topic] = policy.snapshot(principal, topic.partition("/")[2])
        preferences = asked.get(policy.preferences)
        if preferences is None:
            preferences = (
                policy.event_filter(principal) if policy.filtered else None,
                policy.rendering(principal) if policy.rendered else None,
            )
            if policy.preferences:
                asked[policy.preferences] = preferences
        if policy.filtered:
            filters[topic] = preferences[0]
        if policy.rendered:
            renderings[topic] = preferences[1]
        if policy.hides and replays[topic].publications:
            hidden[topic] = frozenset(policy.hidden(principal, replays[topic].publications))
    states = topics.states(list(wanted))
    return _Found(epoch, replays, snapshots, states, filters, renderings, hidden)
