"""The subscriptions of one connection, and the messages to which an ACK applies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from realtime.protocols.stomp.codec.acks import AckMode, AckTracker
from realtime.protocols.stomp.codec.errors import StompError, quoted
from realtime.protocols.stomp.codec.frames import StompFrame
from realtime.protocols.stomp.codec.limits import Limits
from realtime.protocols.stomp.codec.message import (
    MessageHead,
    MessageKey,
    SharedMessage,
    read_message_id,
)
from realtime.protocols.stomp.codec.versions import Version


@dataclass(eq=False, slots=True)
class Subscription:
    """`tracker` is None with `ack:auto`, and may be replaced before the first `deliver`."""

    id: str
    destination: str
    ack: AckMode
    tracker: AckTracker | None
    _head: MessageHead

    def deliver(self, shared: SharedMessage, extra: Mapping[str, str] | None = None) -> bytes:
        """Return the MESSAGE frame, with `extra` headers; the message counts as sent."""
        if self.tracker is not None:
            self.tracker.sent(shared.key)
        return self._head.message(shared, extra)

    @property
    def full(self) -> bool:
        """Whether so much is unacknowledged that no more should be delivered."""
        return self.tracker is not None and self.tracker.full


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An ACK or NACK that has not taken effect: it may wait for its COMMIT."""

    serial: int
    key: MessageKey
    refused: bool


class Subscriptions:
    """Bounded by `limits.subscriptions`."""

    def __init__(self, version: Version, limits: Limits) -> None:
        self._version = version
        self._limits = limits
        self._serials: dict[str, int] = {}
        self._by_serial: dict[int, Subscription] = {}
        self._next_serial = 1

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._by_serial.values())

    def get(self, subscription_id: str) -> Subscription | None:
        serial = self._serials.get(subscription_id)
        return None if serial is None else self._by_serial[serial]

    def add(self, subscription_id: str, destination: str, ack: AckMode) -> Subscription:
        """Add a subscription. Raises StompError for an id in use, and above the limit."""
        if subscription_id in self._serials:
            raise StompError(f"There is already a subscription {quoted(subscription_id)}")
        if len(self._serials) >= self._limits.subscriptions:
            raise StompError(f"More than {self._limits.subscriptions} subscriptions")
        serial = self._next_serial
        self._next_serial += 1
        acknowledged = ack is not AckMode.AUTO
        head = MessageHead(
            subscription_id,
            destination,
            serial,
            self._version,
            # STOMP 1.2, MESSAGE: only if the subscription requires acknowledgement.
            with_ack=acknowledged and self._version is Version.V12,
        )
        tracker = AckTracker(ack, self._limits.unacknowledged) if acknowledged else None
        subscription = Subscription(subscription_id, destination, ack, tracker, head)
        self._serials[subscription_id] = serial
        self._by_serial[serial] = subscription
        return subscription

    def remove(self, subscription_id: str) -> Subscription | None:
        serial = self._serials.pop(subscription_id, None)
        return None if serial is None else self._by_serial.pop(serial)

    def read(self, frame: StompFrame) -> Acknowledgement:
        """Parse the message that an ACK or NACK names: by `id` in 1.2, by `message-id` before."""
        header = "id" if self._version is Version.V12 else "message-id"
        found = read_message_id(required(frame, header))
        if found is None:
            raise StompError(
                f"{frame.command} names no message of this connection",
                f"Its `{header}` is not one that a MESSAGE had",
            )
        serial, key = found
        if self._version is Version.V11:
            named, meant = required(frame, "subscription"), self._by_serial.get(serial)
            if meant is not None and meant.id != named:
                raise StompError(
                    f"{frame.command} names another subscription than its message had",
                    f"`subscription` is {quoted(named)}, the message's was {quoted(meant.id)}",
                )
        return Acknowledgement(serial, key, refused=frame.command == "NACK")

    def settle(self, answer: Acknowledgement) -> tuple[Subscription, tuple[MessageKey, ...]] | None:
        """Apply an answer; return the affected messages, or None if it changes nothing.

        It changes nothing with `ack:auto`, for an unknown subscription, and for a message that was
        already answered or never sent: a repeated answer is no reason to disconnect.
        """
        subscription = self._by_serial.get(answer.serial)
        if subscription is None or subscription.tracker is None:
            return None
        tracker = subscription.tracker
        keys = tracker.nack(answer.key) if answer.refused else tracker.ack(answer.key)
        return (subscription, tuple(keys)) if keys else None


def required(frame: StompFrame, name: str) -> str:
    """Return a required header. An empty one counts as missing."""
    value = frame.get(name)
    if not value:
        raise StompError(f"{frame.command} has no `{name}` header")
    return value
