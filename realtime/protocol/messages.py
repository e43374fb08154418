"""The values that travel: what a topic's log holds, what a client asks, what the server tells it.

Nothing here does anything; every other module of the engine speaks in these types.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NewType

Topic = NewType("Topic", str)

# `kind` or `kind/id`; ids are numbers, uuids or an issuer's names.
_TOPIC = re.compile(r"[a-z]{1,32}(/[A-Za-z0-9._:-]{1,128})?\Z")


def parse_topic(text: str) -> Topic | None:
    """`users/42`, `broadcast`; None if `text` cannot name a topic."""
    return Topic(text) if _TOPIC.match(text) else None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a topic, the token with which a client resumes.

    The epoch is there because an offset alone lies after a restore: a client that has seen
    offset 12 of a log which was then restored to offset 9 would wait for 13, and never be shown
    the new 10, 11 and 12. `epoch` None means the current one.
    """

    epoch: str | None
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}" if self.epoch else str(self.offset)


def parse_position(text: str) -> Position:
    """`epoch:offset` or a bare offset. Raises ValueError on anything else."""
    epoch, colon, offset = text.rpartition(":")
    # isdecimal alone takes other scripts' digits, and int() refuses over 4,300 of them.
    if not (offset.isascii() and offset.isdecimal() and len(offset) <= 40):
        raise ValueError(f"expected `epoch:offset` or an offset, got {text[:80]!r}")
    if colon and not epoch:
        raise ValueError(f"expected an epoch before the colon, got {text[:80]!r}")
    return Position(epoch or None, int(offset))


@dataclass(frozen=True, slots=True)
class Event:
    """A domain fact on its way into the log. `data` is JSON text."""

    topic: Topic
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Publication:
    """An event in the log. `data` is JSON text, `at` the unix time of the append.

    `data` is None where a wake-up named the offset only: the log has the rest.
    """

    topic: Topic
    epoch: str
    offset: int
    type: str
    data: bytes | None
    at: float


@dataclass(frozen=True, slots=True)
class State:
    """A fact that is not logged because only its latest version matters. `data` is JSON text."""

    topic: Topic
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class EphemeralBroadcast:
    """The same unlogged fact on several topics. `data` is JSON text, and small: all hubs get it."""

    topics: tuple[Topic, ...]
    type: str
    data: bytes

    def states(self) -> Iterator[State]:
        """The fact, topic by topic."""
        for topic in self.topics:
            yield State(topic, self.type, self.data)


# --- what a client asks ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ping:
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Subscribe:
    topic: str
    position: Position | None = None
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    topic: str
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Refresh:
    token: str
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Act:
    """A command of some app's; without a topic it is meant for the one that takes it."""

    name: str
    topic: str | None
    data: Mapping[str, Any]
    ref: Any = None


Command = Ping | Subscribe | Unsubscribe | Refresh | Act

# --- what the server tells it ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connected:
    user_id: int
    connection_id: str
    heartbeat_s: int
    subscriptions: Mapping[Topic, Position]
    message: str = "Connected to notification service"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """`position` is the head at that moment; `snapshot` is JSON text."""

    topic: Topic
    position: Position
    recovered: bool
    snapshot: bytes | None = None
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    topic: Topic
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Pong:
    server_time: str
    positions: Mapping[Topic, Position]
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Ok:
    ref: Any = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ErrorPush:
    """`retry_after`: in so many seconds the command may be carried out."""

    code: str
    message: str
    ref: Any = None
    retry_after: int | None = None


Push = Connected | Subscribed | Unsubscribed | Pong | Ok | ErrorPush | State | Publication
