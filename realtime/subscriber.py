"""A connection's subscriptions: join the feed, read the log, replay, go live.

The order matters and is the whole promise: a subscription joins its feed before it reads the log,
so that what is committed after the read arrives live, and goes live only in a moment in which it
has everything that the feed has passed on.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realtime import log, metrics, recovery, topics
from realtime.errors import Close, RealtimeError
from realtime.executor import in_thread
from realtime.feed import Feed, Subscription
from realtime.hub import Hub
from realtime.messages import Position, Publication, State, Topic
from realtime.outbox import Outbox
from realtime.principal import Principal
from realtime.views import View

logger = logging.getLogger(__name__)

# A client that takes none of its replay for this long does not read.
STALL_S = 10.0
# Tries to read the log for a subscription, a second apart, before the client is sent elsewhere.
READ_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database said of some topics, for one principal, in one visit."""

    epoch: str
    replays: Mapping[Topic, log.Replay]
    snapshots: Mapping[Topic, bytes | None]
    states: Mapping[Topic, Sequence[State]]


@dataclass(frozen=True, slots=True)
class Start:
    """A subscription that has joined its feed and read the log, and has said nothing yet."""

    subscription: Subscription
    feed: Feed
    replay: log.Replay
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
    ) -> None:
        self._principal = principal
        self._hub = hub
        self._outbox = outbox
        self._close = close
        self._subscriptions: set[Subscription] = set()

    def position(self, subscription: Subscription) -> Position:
        """How far the client has been brought, what it is not shown included."""
        return Position(self._hub.epoch, subscription.reached)

    async def join(
        self,
        wanted: Mapping[Topic, Position | None],
        *,
        view: View,
        send: Callable[[Any], None],
    ) -> list[Start] | None:
        """Join the feeds, then read the log. None if the connection ended meanwhile."""
        joined: dict[Topic, tuple[Subscription, Feed]] = {}
        for topic in wanted:
            subscription = Subscription(topic, view, send, self.resume)
            self._subscriptions.add(subscription)
            joined[topic] = subscription, self._hub.join(subscription)
        try:
            found = await self._read(wanted, first=True)
        except RealtimeError:
            for subscription, _ in joined.values():
                self.leave(subscription)
            raise
        if found is None:
            return None
        starts = []
        for topic, (subscription, feed) in joined.items():
            replay = found.replays[topic]
            self._hub.learn(feed, found.epoch, replay.head.offset)
            asked = wanted[topic]
            if asked is not None:
                metrics.REPLAYS.labels(str(replay.recovered).lower()).inc()
            if not subscription.is_stopped():
                replays = asked is not None and replay.recovered
                subscription.offset = asked.offset if replays and asked else replay.head.offset
            snapshot, states = found.snapshots[topic], found.states.get(topic, ())
            starts.append(Start(subscription, feed, replay, snapshot, states))
        return starts

    async def begin(self, starts: Sequence[Start]) -> None:
        """Replay what was missed, and go live."""
        for start in starts:
            await self._catch_up(start.subscription, start.feed, start.replay.publications)
            if not start.subscription.is_stopped():
                start.subscription.tell(start.states)

    def leave(self, subscription: Subscription) -> None:
        """End one subscription."""
        self._subscriptions.discard(subscription)
        self._hub.part(subscription)

    def leave_all(self) -> None:
        """End every subscription."""
        for subscription in self._subscriptions:
            self._hub.part(subscription)
        self._subscriptions.clear()

    def resume(self) -> None:
        """The log and the feeds went apart: the client comes back and asks anew."""
        self._close(Close.OUT_OF_STEP)

    async def _catch_up(
        self, subscription: Subscription, feed: Feed, missed: Sequence[Publication]
    ) -> None:
        """Replay; then what arrived meanwhile, in the same way, until there is nothing left."""
        buffered = False
        while await self._replay(subscription, missed):
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
                if buffered:
                    # The state was read before these.
                    self._hub.refresh(subscription.topic)
                return
            # The feed went on between two connections' reads of its head, or the buffer was cut.
            here = self.position(subscription)
            found = await self._read({subscription.topic: here}, first=False)
            if found is None:
                return
            replay = found.replays[subscription.topic]
            if not replay.recovered:
                self.resume()
                return
            missed = replay.publications

    async def _replay(self, subscription: Subscription, missed: Sequence[Publication]) -> bool:
        """Write what was missed, no faster than it is taken. False if nobody wants it any more."""
        for publication in missed:
            if subscription.is_stopped():
                return False
            self._deliver(subscription, publication)
            # None of a replay waits in the outbox: however large its events are, it stays free for
            # what arrives live.
            if not self._outbox.clear and not await self._taken():
                return False
        return not subscription.is_stopped()

    def _deliver(self, subscription: Subscription, publication: Publication) -> None:
        subscription.offset = publication.offset
        shown = subscription.view.event(publication)
        if shown is not None:
            subscription.send(shown)
            metrics.DELIVERIES.inc()

    async def _taken(self) -> bool:
        """Wait until the client has taken what was written. False if the connection ended."""
        try:
            async with asyncio.timeout(STALL_S):
                return await self._outbox.drained()
        except TimeoutError:
            self._outbox.overflow()
            return False

    async def _read(self, wanted: Mapping[Topic, Position | None], *, first: bool) -> _Found | None:
        for attempt in range(READ_TRIES):
            try:
                return await in_thread(_visit, self._principal, wanted, first)
            except RealtimeError:
                raise
            except Exception:
                logger.warning("The log cannot be read; trying again", exc_info=not attempt)
            # A database that restarts needs a moment; asking faster would only hinder it.
            await asyncio.sleep(1)
        self._close(Close.UNAVAILABLE)
        return None


def _visit(principal: Principal, wanted: Mapping[Topic, Position | None], first: bool) -> _Found:
    """Everything that a subscription needs of the database, in one thread hop.

    Snapshots and states are read after the heads: they hold all that the heads stand for, and
    what comes later is told anew.
    """
    epoch, replays = log.read(wanted)
    if not first:
        return _Found(epoch, replays, {}, {})
    snapshots = {
        topic: topics.policy_of(topic).snapshot(principal, topic.partition("/")[2])
        for topic in wanted
    }
    return _Found(epoch, replays, snapshots, topics.states(list(wanted)))
