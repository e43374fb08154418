"""Tracks the messages of one subscription that are not acknowledged.

Unacknowledged messages are delivered again when the same subscription is resumed: the tracker's
state is stored, a new tracker is created from it, delivery starts at `base`, and messages for which
`wanted` is false are skipped.
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
    """`client` is cumulative: an ACK or NACK also applies to all messages sent before."""

    AUTO = "auto"
    CLIENT = "client"
    CLIENT_INDIVIDUAL = "client-individual"


class TopicState(TypedDict):
    """The acknowledgements of one topic: everything up to `last`, except `unacknowledged`
    (ascending).

    Stored as JSON. The inverse, a base and the acknowledged offsets above it, would grow without
    bound behind one message that is never acknowledged.
    """

    epoch: str
    last: int
    unacknowledged: list[int]


TrackerState = dict[str, TopicState]


@dataclass(slots=True)
class _Topic:
    epoch: str
    last: int
    # Restored, and not yet sent on this connection.
    owed: set[int] = field(default_factory=set)


class AckTracker:
    """Bounded: with `limit` unacknowledged messages it is `full`, and no more should be sent."""

    def __init__(self, mode: AckMode, limit: int = DEFAULTS.unacknowledged) -> None:
        self._cumulative = mode is AckMode.CLIENT
        self._limit = limit
        self._topics: dict[Topic, _Topic] = {}
        self._numbers = count()
        # The sequence number of each message's delivery; the dict is in that order.
        self._pending: dict[MessageKey, int] = {}
        self._refused: dict[MessageKey, int] = {}

    @classmethod
    def from_state(
        cls, mode: AckMode, state: TrackerState, limit: int = DEFAULTS.unacknowledged
    ) -> "AckTracker":
        """Create a tracker of the messages that were unacknowledged in `state`."""
        tracker = cls(mode, limit)
        for topic, kept in state.items():
            tracker._topics[Topic(topic)] = _Topic(
                kept["epoch"], kept["last"], set(kept["unacknowledged"])
            )
        return tracker

    def to_state(self) -> TrackerState:
        """Return the state to store.

        It has at most `limit` messages a topic; further ones count as not sent.
        """
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
        """Start delivery of `topic` after this position; forget unacknowledged messages before it.

        Call it for every topic of a new subscription, so that events during the client's absence
        are delivered even if it was never sent any; and again at a gap that the log cannot fill.
        """
        self._topics[topic] = _Topic(epoch, offset)
        for messages in (self._pending, self._refused):
            for key in [key for key in messages if key.topic == topic]:
                del messages[key]

    def base(self, topic: Topic) -> Position | None:
        """Return the position up to which all is acknowledged; None for an unknown topic."""
        known = self._topics.get(topic)
        if known is None:
            return None
        unacknowledged = self._offsets()[topic]
        return Position(known.epoch, min(unacknowledged) - 1 if unacknowledged else known.last)

    def wanted(self, key: MessageKey) -> bool:
        """Return whether to send a message after `base`: neither acknowledged nor sent yet."""
        topic = self._topics.get(key.topic)
        if topic is None or topic.epoch != key.epoch:
            return True
        return key.offset > topic.last or key.offset in topic.owed

    def sent(self, key: MessageKey) -> None:
        """Record that a message was sent. A new epoch discards all messages of the old one."""
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
        """Acknowledge; return the affected messages, none if `key` is not pending."""
        return list(self._settled(key))

    def nack(self, key: MessageKey) -> list[MessageKey]:
        """Refuse; return the affected messages, which stay unacknowledged."""
        refused = self._settled(key)
        self._refused.update(refused)
        return list(refused)

    def unacknowledged(self) -> list[MessageKey]:
        """Return the pending messages of this connection, in the order of sending."""
        numbers = self._refused | self._pending
        return sorted(numbers, key=numbers.__getitem__)

    @property
    def full(self) -> bool:
        """Whether no more should be sent before something is acknowledged."""
        return len(self._pending) + len(self._refused) >= self._limit

    def _settled(self, key: MessageKey) -> Mapping[MessageKey, int]:
        """Remove the messages to which an answer for `key` applies from `_pending`; return them."""
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
