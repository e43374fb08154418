"""What one subscription has been sent and has not acknowledged.

What was not acknowledged comes again when the same subscription is subscribed anew: the tracker's
state is kept, a new tracker is made of it, delivery starts at `base`, and what `wanted` refuses is
passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, count
from typing import TypedDict

from realtime.protocol.messages import Position, Topic
from realtime.protocols.stomp.codec.limits import DEFAULTS
from realtime.protocols.stomp.codec.message import MessageKey


class AckMode(StrEnum):
    """`client` is cumulative: an ACK or NACK is also for all that was sent before."""

    AUTO = "auto"
    CLIENT = "client"
    CLIENT_INDIVIDUAL = "client-individual"


class TopicState(TypedDict):
    """Up to `last` all is acknowledged but `unacknowledged`, which ascends. JSON as it is.

    The other way round, a base and what is acknowledged above it, would grow without bound behind
    one message that is never acknowledged.
    """

    epoch: str
    last: int
    unacknowledged: list[int]


TrackerState = dict[str, TopicState]


@dataclass(slots=True)
class _Topic:
    epoch: str
    last: int
    # Restored, and not sent on this connection yet.
    owed: set[int] = field(default_factory=set)


class AckTracker:
    """Bounded: with `limit` messages unacknowledged it is `full`, and no more should be sent."""

    def __init__(self, mode: AckMode, limit: int = DEFAULTS.unacknowledged) -> None:
        self._cumulative = mode is AckMode.CLIENT
        self._limit = limit
        self._topics: dict[Topic, _Topic] = {}
        self._numbers = count()
        # By message, the number of its sending; both in that order.
        self._pending: dict[MessageKey, int] = {}
        self._refused: dict[MessageKey, int] = {}

    @classmethod
    def from_state(
        cls, mode: AckMode, state: TrackerState, limit: int = DEFAULTS.unacknowledged
    ) -> "AckTracker":
        """A tracker that owes what the one which gave `state` had not seen acknowledged."""
        tracker = cls(mode, limit)
        for topic, kept in state.items():
            tracker._topics[Topic(topic)] = _Topic(
                kept["epoch"], kept["last"], set(kept["unacknowledged"])
            )
        return tracker

    def to_state(self) -> TrackerState:
        """What to keep. At most `limit` messages a topic: those beyond count as never sent."""
        unacknowledged = self._offsets()
        state: TrackerState = {}
        for name, topic in self._topics.items():
            offsets = sorted(unacknowledged[name])
            last = topic.last
            if len(offsets) > self._limit:
                offsets = offsets[: self._limit]
                last = offsets[-1]
            state[name] = TopicState(epoch=topic.epoch, last=last, unacknowledged=offsets)
        return state

    def begin(self, topic: Topic, epoch: str, offset: int) -> None:
        """Delivery of `topic` starts after that position; what was owed before it is forgotten.

        Said for every topic of a new subscription, so that what comes while the client is away is
        owed even if it was never sent anything; and again at a gap, which the log cannot fill.
        """
        self._topics[topic] = _Topic(epoch, offset)
        for messages in (self._pending, self._refused):
            for key in [key for key in messages if key.topic == topic]:
                del messages[key]

    def base(self, topic: Topic) -> Position | None:
        """All up to here is acknowledged; None for a topic that this subscription never had."""
        known = self._topics.get(topic)
        if known is None:
            return None
        unacknowledged = self._offsets()[topic]
        return Position(known.epoch, min(unacknowledged) - 1 if unacknowledged else known.last)

    def wanted(self, key: MessageKey) -> bool:
        """Whether a message from after `base` is to be sent: neither acknowledged nor sent yet."""
        topic = self._topics.get(key.topic)
        if topic is None or topic.epoch != key.epoch:
            return True
        return key.offset > topic.last or key.offset in topic.owed

    def sent(self, key: MessageKey) -> None:
        """A message went out. Another epoch than before makes an end of all that was before."""
        topic = self._topics.get(key.topic)
        if topic is None or topic.epoch != key.epoch:
            self.begin(key.topic, key.epoch, key.offset)
            topic = self._topics[key.topic]
        topic.owed.discard(key.offset)
        topic.last = max(topic.last, key.offset)
        self._refused.pop(key, None)
        self._pending.pop(key, None)
        self._pending[key] = next(self._numbers)

    def ack(self, key: MessageKey) -> list[MessageKey]:
        """The messages that are now acknowledged; none if `key` is not waiting for it."""
        return list(self._settled(key))

    def nack(self, key: MessageKey) -> list[MessageKey]:
        """The messages that are now refused: they stay unacknowledged, and come anew."""
        refused = self._settled(key)
        self._refused.update(refused)
        return list(refused)

    def unacknowledged(self) -> list[MessageKey]:
        """What was sent on this connection and not acknowledged, in the order of sending."""
        numbers = self._refused | self._pending
        return sorted(numbers, key=numbers.__getitem__)

    @property
    def full(self) -> bool:
        """No more should be sent before something is acknowledged."""
        return len(self._pending) + len(self._refused) >= self._limit

    def _settled(self, key: MessageKey) -> Mapping[MessageKey, int]:
        """Takes out of `_pending` what an answer to `key` is for."""
        if key not in self._pending:
            return {}
        keys = self._up_to(key) if self._cumulative else [key]
        return {key: self._pending.pop(key) for key in keys}

    def _up_to(self, key: MessageKey) -> list[MessageKey]:
        keys = []
        for other in self._pending:
            keys.append(other)
            if other == key:
                break
        return keys

    def _offsets(self) -> dict[Topic, set[int]]:
        found = {name: set(topic.owed) for name, topic in self._topics.items()}
        for key in chain(self._pending, self._refused):
            found[key.topic].add(key.offset)
        return found
