"""Actions that a client's frames request. A `receipt` that is not None must be answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from realtime.protocols.stomp.codec.message import MessageKey
from realtime.protocols.stomp.codec.subscriptions import Subscription
from realtime.protocols.stomp.codec.versions import HeartBeat, Version


@dataclass(frozen=True, slots=True)
class Connect:
    """CONNECT or STOMP. `authorization` is the header of that name, in any case."""

    version: Version
    heart_beat: HeartBeat
    host: str | None
    login: str | None
    passcode: str | None = field(repr=False)
    authorization: str | None = field(repr=False)
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`headers` has all of the frame's headers: `offset`, `epoch`, …"""

    subscription: Subscription
    headers: Mapping[str, str]
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The subscription is already removed; its tracker has the unacknowledged messages."""

    subscription: Subscription
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Send:
    destination: str
    headers: Mapping[str, str]
    body: bytes
    content_type: str | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Ack:
    """`keys` have just been acknowledged, in the order of sending."""

    subscription: Subscription
    keys: tuple[MessageKey, ...]
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Nack:
    """`keys` have just been refused: they are delivered again when the subscription is resumed."""

    subscription: Subscription
    keys: tuple[MessageKey, ...]
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Nothing is left to do except to send the RECEIPT."""

    receipt: str


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The client disconnects: send the RECEIPT, then close. No action follows."""

    receipt: str | None


Action = Connect | Subscribe | Unsubscribe | Send | Ack | Nack | Receipt | Disconnect
