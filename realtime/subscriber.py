"""A session's subscriptions: join the feed, read the log, replay, go live.

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
from realtime.codecs.base import Codec
from realtime.errors import Close, ErrorCode, RealtimeError
from realtime.executor import in_thread
from realtime.feed import Feed, Subscription
from realtime.hub import Hub
from realtime.messages import Position, Publication, State, Subscribed, Topic, Unsubscribed
from realtime.outbox import Outbox
from realtime.principal import Principal

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
    """The subscriptions of one session, by topic."""

    def __init__(
        self,
        *,
        principal: Principal,
        hub: Hub,
        codec: Codec,
        outbox: Outbox,
        close: Callable[[Close], None],
    ) -> None:
        self._principal = principal
        self._hub = hub
        self._codec = codec
        self._outbox = outbox
        self._close = close
        self._subscriptions: dict[Topic, Subscription] = {}

    def positions(self) -> dict[Topic, Position]:
        """How far the client has been brought in each topic, what it is not shown included."""
        return {
            topic: Position(self._hub.epoch, subscription.offset)
            for topic, subscription in self._subscriptions.items()
        }

    async def join(self, wanted: Mapping[Topic, Position | None]) -> list[Start] | None:
        """Join the feeds, then read the log. None if the connection ended meanwhile.

        A subscription that the session already has to one of the topics is replaced.
        """
        joined: dict[Topic, tuple[Subscription, Feed]] = {}
        for topic in wanted:
            if (old := self._subscriptions.pop(topic, None)) is not None:
                self._hub.part(old)
            subscription = Subscription(topic, self._codec, self._outbox.send, self.resume)
            self._subscriptions[topic] = subscription
            joined[topic] = subscription, self._hub.join(subscription)
        try:
            found = await self._read(wanted, first=True)
        except RealtimeError:
            for subscription, _ in joined.values():
                self._subscriptions.pop(subscription.topic, None)
                self._hub.part(subscription)
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

    async def begin(self, starts: Sequence[Start], ref: Any) -> None:
        """Say where each subscription starts, replay what was missed, and go live."""
        for start in starts:
            topic, replay = start.subscription.topic, start.replay
            self._send(Subscribed(topic, replay.head, replay.recovered, start.snapshot, ref))
        for start in starts:
            await self._catch_up(start.subscription, start.feed, start.replay.publications)
            if not start.subscription.is_stopped():
                for state in start.states:
                    self._send(state)

    def leave(self, topic: str, ref: Any) -> None:
        """End one subscription. Raises `RealtimeError` NOT_FOUND if there is none."""
        subscription = self._subscriptions.pop(Topic(topic), None)
        if subscription is None:
            raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such subscription")
        self._hub.part(subscription)
        self._send(Unsubscribed(subscription.topic, ref))

    def leave_all(self) -> None:
        """End every subscription, without a word."""
        for subscription in self._subscriptions.values():
            self._hub.part(subscription)
        self._subscriptions.clear()

    def resume(self) -> None:
        """The log and the feeds went apart: the client comes back and asks anew."""
        self._close(Close.OUT_OF_STEP)

    def _send(self, push: Publication | State | Subscribed | Unsubscribed) -> None:
        self._outbox.send(self._codec.encode(push))

    async def _catch_up(
        self, subscription: Subscription, feed: Feed, missed: Sequence[Publication]
    ) -> None:
        while await self._replay(subscription, missed):
            if self._go_live(subscription, feed):
                return
            # The feed went on between two sessions' reads of its head, or the buffer was cut.
            subscription.begin_buffer()
            here = Position(self._hub.epoch, subscription.offset)
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

    def _go_live(self, subscription: Subscription, feed: Feed) -> bool:
        """Write what arrived during the replay; False if that leaves something out."""
        arrived = subscription.end_buffer()
        try:
            for publication in recovery.after(subscription.offset, arrived):
                if subscription.is_stopped():
                    return True
                self._deliver(subscription, publication)
        except recovery.HoleError:
            return False
        if feed.offset is not None and subscription.offset < feed.offset:
            return False
        if arrived:
            # The state was read before these.
            self._hub.refresh(subscription.topic)
        return True

    def _deliver(self, subscription: Subscription, publication: Publication) -> None:
        subscription.offset = publication.offset
        self._send(publication)
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
