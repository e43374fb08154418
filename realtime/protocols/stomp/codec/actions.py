"""What a client's frames ask for. `receipt` is owed a RECEIPT where it is not None."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from realtime.protocols.stomp.codec.message import MessageKey
from realtime.protocols.stomp.codec.subscriptions import Subscription
from realtime.protocols.stomp.codec.versions import HeartBeat, Version


@dataclass(frozen=True, slots=True)
class Connect:
    """CONNECT or STOMP. `authorization` is the header of that name, in whatever case."""

    version: Version
    heart_beat: HeartBeat
    host: str | None
    login: str | None
    passcode: str | None = field(repr=False)
    authorization: str | None = field(repr=False)
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`headers` has all of the frame's: `offset`, `epoch`, …"""

    subscription: Subscription
    headers: Mapping[str, str]
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The subscription is already forgotten; its tracker says what is still owed."""

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
    """`keys` have just been acknowledged, oldest sending first."""

    subscription: Subscription
    keys: tuple[MessageKey, ...]
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Nack:
    """`keys` have just been refused: they come again when it is subscribed anew."""

    subscription: Subscription
    keys: tuple[MessageKey, ...]
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Nothing is left to do but to say so."""

    receipt: str


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The client goes: send the RECEIPT, then close. Nothing follows."""

    receipt: str | None


Action = Connect | Subscribe | Unsubscribe | Send | Ack | Nack | Receipt | Disconnect
