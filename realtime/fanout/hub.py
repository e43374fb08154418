"""The hub, one per process: gets publications from all processes and passes them to local sessions.

Publications may come late, twice, out of order or not at all. The hub passes on only the next
offset of each topic: an early event waits 20 ms for the missing ones, then the log is read. It
never awaits a socket.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from realtime import metrics
from realtime.database.executor import in_thread
from realtime.database.health import has_trace
from realtime.fanout.feed import Feed, Subscription
from realtime.log import event_log
from realtime.protocol.errors import Close
from realtime.protocol.event_views import View
from realtime.protocol.messages import (
    Position,
    Publication,
    State,
    Topic,
)
from realtime.protocol.principal import Eviction, Principal
from realtime.registries import topics

if TYPE_CHECKING:
    from realtime.cluster.presence import Tracker

logger = logging.getLogger(__name__)

# How long a missing offset may still be in transit through another thread or Redis.
HOLE_S = 0.020
# Sockets written to before the event loop gets a turn: about 2 ms.
FAN_OUT_STRIDE = 256
# Topics per log read, so that a thousand gaps do not become one gigantic result.
READ_TOPICS = 100
# Topics whose state is read and sent in one go, so that the event loop gets a turn after a few
# milliseconds.
STATE_TOPICS = 500
# An invalidation changes the state of many topics. It runs a moment later, so that the event itself
# is sent first, and at a limited rate, or steady events would cost a second frame for each frame.
INVALIDATE_AFTER_S = 0.05
INVALIDATE_EVERY_S = 1.0
# Delay before asking the database again after a failure.
RETRY_S = 1.0
# Half of the engine's threads.
COMMANDS = 4
# Early events kept per topic; beyond it, reading the log is cheaper.
EARLY_EVENTS = 1_000


class _EncodedState:
    """Encodes one state once per view."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._encoded: dict[View, Any] = {}

    def __call__(self, view: View) -> Any | None:
        if view not in self._encoded:
            self._encoded[view] = view.state(self._state)
        return self._encoded[view]


class LocalConnection(Protocol):
    """What an instance knows of each of its connections, whatever transport carries it."""

    @property
    def connection_id(self) -> str: ...

    @property
    def principal(self) -> Principal: ...

    @property
    def transport(self) -> str: ...

    @property
    def since(self) -> datetime: ...

    @property
    def seen(self) -> float: ...

    @property
    def is_bidirectional(self) -> bool: ...

    @property
    def closing(self) -> Close | None: ...

    def close(self, close: Close, *, is_reason_sent: bool = False) -> None: ...

    def evict(self, eviction: Eviction) -> None: ...

    def tick(self, now: float, clock: float) -> None: ...

    def ended(self) -> None: ...


class Hub:
    """All topics that have local subscribers, and all local sessions. For one event loop only."""

    def __init__(self, *, follow: Callable[[Topic], None], forget: Callable[[Topic], None]) -> None:
        self._follow = follow
        self._forget = forget
        self.feeds: dict[Topic, Feed] = {}
        self.connections: dict[str, LocalConnection] = {}
        self.epoch: str | None = None
        # Presence for the topics that show it; None if it is not counted.
        self.presence: Tracker | None = None
        # Limits the client commands that run at once: they may wait for each other's locks, and
        # must leave threads for delivery.
        self.commands = asyncio.Semaphore(COMMANDS)
        self._inbox: deque[Publication] = deque()
        self._arrived = asyncio.Event()
        self._holes: set[Topic] = set()
        self._hole_seen = asyncio.Event()
        self._stale: set[Topic] = set()
        self._stale_seen = asyncio.Event()
        self._invalidated: set[str] = set()
        self._invalidated_at = 0.0
        self._invalidation_timer: asyncio.TimerHandle | None = None

    # --- connections ------------------------------------------------------------------------

    def enter(self, connection: LocalConnection) -> None:
        """Add a connection."""
        self.connections[connection.connection_id] = connection

    def leave(self, connection: LocalConnection) -> None:
        """Remove a connection."""
        self.connections.pop(connection.connection_id, None)

    def evict(self, eviction: Eviction) -> None:
        """Close the connections that `eviction` is for."""
        for connection in list(self.connections.values()):
            connection.evict(eviction)

    # --- subscriptions ----------------------------------------------------------------------

    def join(self, subscription: Subscription) -> Feed:
        """Let `subscription` buffer events from now on. The subscriber reads the log itself."""
        feed = self.feeds.get(subscription.topic)
        if feed is None:
            feed = self.feeds[subscription.topic] = Feed(subscription.topic)
            self._follow(subscription.topic)
        feed.add(subscription)
        self._count(subscription, arrives=True)
        return feed

    def part(self, subscription: Subscription) -> None:
        """Stop delivering to `subscription`."""
        if not subscription.is_stopped():
            self._count(subscription, arrives=False)
        subscription.stop()
        feed = self.feeds.get(subscription.topic)
        if feed is not None and feed.remove(subscription):
            del self.feeds[subscription.topic]
            self._forget(subscription.topic)

    def _count(self, subscription: Subscription, *, arrives: bool) -> None:
        presence, holder = self.presence, subscription.holder
        if presence is None or holder is None:
            return
        if topics.policy_of(subscription.topic).shows_presence:
            count = presence.arrive if arrives else presence.depart
            count(subscription.topic, holder.user_id)

    def learn(self, feed: Feed, epoch: str, head: int) -> None:
        """Record that the log was read and the feed's topic has reached `head`."""
        if not self._same_epoch(epoch):
            return
        if feed.offset is None:
            self._inbox.extend(feed.begin(head))
            self._arrived.set()
        elif head > feed.offset:
            self._repair_soon(feed.topic)

    def refresh(self, topic: Topic) -> None:
        """Send the topic's unlogged state to its subscribers again."""
        self._stale.add(topic)
        self._stale_seen.set()

    def check(self, names: Iterable[Topic]) -> None:
        """Compare topics with the log now, because their hints may have been lost."""
        for topic in names:
            feed = self.feeds.get(topic)
            if feed is not None and feed.offset is not None:
                self._holes.add(topic)
        self._hole_seen.set()

    # --- publications -----------------------------------------------------------------------

    def accept(self, publications: Iterable[Publication]) -> None:
        """Enqueue publications committed by any process."""
        self._inbox.extend(p for p in publications if p.topic in self.feeds)
        self._arrived.set()

    async def pump(self) -> None:
        """Deliver accepted publications, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._inbox:
                publication = self._inbox.popleft()
                feed = self.feeds.get(publication.topic)
                if feed is not None and self._same_epoch(publication.epoch):
                    try:
                        await self._accept_next(feed, publication)
                    except Exception:
                        # The pump must go on; this topic's clients resume from the log.
                        logger.exception("%s %d failed", feed.topic, publication.offset)
                        self._resume_subscribers(feed, "could not be delivered")

    async def _accept_next(self, feed: Feed, publication: Publication) -> None:
        next_up: Publication | None = publication
        while next_up is not None:
            if feed.offset is None or next_up.data is None or next_up.offset > feed.offset + 1:
                self._keep_early(feed, next_up)
                return
            if next_up.offset <= feed.offset:
                return
            await self._fan_out(feed, next_up)
            next_up = feed.early.pop(feed.offset + 1, None)

    def _keep_early(self, feed: Feed, publication: Publication) -> None:
        if feed.offset is not None and publication.offset <= feed.offset:
            return
        if publication.data is not None and len(feed.early) < EARLY_EVENTS:
            feed.early[publication.offset] = publication
        if feed.offset is not None:
            self._repair_soon(feed.topic)

    async def _fan_out(self, feed: Feed, publication: Publication) -> None:
        feed.offset = offset = publication.offset
        view: View | None = None
        shown: Any = None
        encoded: dict[View, Any] = {}
        written = 0
        # A subscription that joins while this yields reads the log after this event was committed.
        for subscription in feed.subscriptions():
            if subscription.buffer is not None:
                subscription.keep(publication)
                continue
            if offset <= subscription.offset:
                continue
            if subscription.view is not view:
                view = subscription.view
                if view not in encoded:
                    encoded[view] = view.event(publication)
                shown = encoded[view]
            subscription.offset = offset
            if shown is None:
                continue
            subscription.send(shown)
            written += 1
            if not written % FAN_OUT_STRIDE:
                await asyncio.sleep(0)
        metrics.EVENTS.inc()
        metrics.DELIVERIES.inc(written)
        metrics.LATENCY.observe(max(time.time() - publication.at, 0.0))
        self._apply_effects(feed, publication)

    def _apply_effects(self, feed: Feed, publication: Publication) -> None:
        """Apply the event's effects on event filters, renderings and unlogged states."""
        policy = topics.policy_of(feed.topic)
        if policy.changes_filter(publication):
            event_filter = policy.filter_after(publication)
            for subscription in feed.subscriptions():
                # A subscription in replay applies it when it reaches this event.
                if subscription.buffer is None and subscription.on_filter_change is not None:
                    subscription.on_filter_change(event_filter)
        if policy.changes_rendering(publication):
            rendering = policy.rendering_after(publication)
            for subscription in feed.subscriptions():
                if subscription.buffer is None and subscription.on_rendering_change is not None:
                    subscription.on_rendering_change(rendering)
        if policy.stateful:
            self.refresh(feed.topic)
        if policy.invalidates:
            self._invalidate_soon(policy.invalidates)
        self._revoke(feed, publication)

    def _invalidate_soon(self, kinds: Collection[str]) -> None:
        self._invalidated.update(kinds)
        if self._invalidation_timer is None:
            loop = asyncio.get_running_loop()
            due = max(loop.time() + INVALIDATE_AFTER_S, self._invalidated_at + INVALIDATE_EVERY_S)
            self._invalidation_timer = loop.call_at(due, self._invalidate)

    def _invalidate(self) -> None:
        """Mark the state of all topics of the invalidated kinds as stale."""
        kinds, self._invalidated = tuple(f"{kind}/" for kind in self._invalidated), set()
        self._invalidation_timer, self._invalidated_at = None, asyncio.get_running_loop().time()
        self._stale.update(topic for topic in self.feeds if topic.startswith(kinds))
        self._stale_seen.set()

    def _revoke(self, feed: Feed, publication: Publication) -> None:
        """Withdraw the topic from users whose permission this event revokes."""
        policy = topics.policy_of(feed.topic)
        if publication.type not in policy.revoking_events:
            return
        for subscription in feed.subscriptions():
            # A subscription in replay handles it when it reaches this event; one that was
            # authorized later stays.
            if subscription.buffer is None and subscription.authorized_until < publication.offset:
                holder = subscription.holder
                if holder is not None and policy.revokes(publication, holder.user_id):
                    holder.withdraw(subscription)

    # --- unlogged states --------------------------------------------------------------------------

    def deliver_states(self, states: Iterable[State], exclude_user_id: int | None = None) -> None:
        """Send unlogged states to subscribers, except to the user `exclude_user_id`."""
        for state in states:
            feed = self.feeds.get(state.topic)
            encode = _EncodedState(state)
            for subscription in feed.subscriptions() if feed else ():
                holder = subscription.holder
                if exclude_user_id is None or holder is None or holder.user_id != exclude_user_id:
                    subscription.receive_state(state, encode)

    # --- repair from the log ----------------------------------------------------------------------

    def _repair_soon(self, topic: Topic) -> None:
        if topic not in self._holes:
            self._holes.add(topic)
            asyncio.get_running_loop().call_later(HOLE_S, self._hole_seen.set)

    async def repair(self) -> None:
        """Read missing events from the log, until cancelled."""
        while True:
            await self._hole_seen.wait()
            self._hole_seen.clear()
            holes, self._holes = self._holes, set()
            names = [topic for topic in holes if self._lags(topic)]
            for start in range(0, len(names), READ_TOPICS):
                await self._read(names[start : start + READ_TOPICS])

    def _lags(self, topic: Topic) -> bool:
        return topic in self.feeds and self.feeds[topic].offset is not None

    async def _read(self, names: list[Topic]) -> None:
        wants = {
            topic: Position(None, self.feeds[topic].offset or 0)
            for topic in names
            if self._lags(topic)
        }
        if not wants:
            return  # all subscribers left while earlier topics were read
        try:
            epoch, replays = await in_thread(event_log.read, wants)
        except Exception as error:
            logger.warning("The log cannot be read; trying again", exc_info=has_trace(error))
            asyncio.get_running_loop().call_later(RETRY_S, self.check, names)
            return
        metrics.HOLES.inc()
        if not self._same_epoch(epoch):
            return
        for topic, replay in replays.items():
            if replay.recovered:
                self.accept(replay.publications)
            elif (feed := self.feeds.get(topic)) is not None:
                self._resume_subscribers(feed, "fell further behind than the log reaches back")

    async def reconcile(self) -> None:
        """Compare all topics with the log: finds a lost last event, which leaves no gap."""
        names = [topic for topic, feed in self.feeds.items() if feed.offset is not None]
        epoch, heads = await in_thread(event_log.heads, names)
        if not self._same_epoch(epoch):
            return
        behind = [
            topic
            for topic, head in heads.items()
            if (feed := self.feeds.get(topic)) and feed.offset is not None and head > feed.offset
        ]
        self.check(behind)

    async def publish_states(self) -> None:
        """Send subscribers the unlogged state of stale topics, until cancelled."""
        while True:
            await self._stale_seen.wait()
            self._stale_seen.clear()
            stale, self._stale = self._stale, set()
            names = [topic for topic in stale if topic in self.feeds]
            for start in range(0, len(names), STATE_TOPICS):
                await self._publish_states(names[start : start + STATE_TOPICS])

    async def _publish_states(self, names: list[Topic]) -> None:
        try:
            found = await in_thread(topics.states, names)
        except Exception as error:
            logger.warning(
                "The state of topics cannot be read; trying again", exc_info=has_trace(error)
            )
            asyncio.get_running_loop().call_later(RETRY_S, self._refresh_all, names)
            return
        for topic, states in found.items():
            feed = self.feeds.get(topic)
            for subscription in feed.subscriptions() if feed else ():
                if subscription.buffer is None:
                    subscription.send_states(states)

    def _refresh_all(self, names: Iterable[Topic]) -> None:
        for topic in names:
            self.refresh(topic)

    def _same_epoch(self, epoch: str) -> bool:
        if epoch == self.epoch:
            return True
        if self.epoch is None:
            self.epoch = epoch
            return True
        # A hint from before or after a restore: only the log knows the current epoch.
        logger.warning("Another epoch was seen; reading the current one from the log")
        asyncio.get_running_loop().create_task(self._change_epoch())
        return False

    async def _change_epoch(self) -> None:
        epoch = await in_thread(event_log.current_epoch)
        if epoch == self.epoch:
            return
        self.epoch = epoch
        for feed in list(self.feeds.values()):
            self._resume_subscribers(feed, "belongs to an epoch that has ended")

    def _resume_subscribers(self, feed: Feed, reason: str) -> None:
        logger.warning("Topic %s %s: its subscribers reconnect", feed.topic, reason)
        for subscription in feed.subscriptions():
            subscription.resume()
