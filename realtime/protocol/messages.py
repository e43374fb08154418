"""The values that the engine passes around: log entries, client commands and server messages.

Immutable and without I/O; every other module of the engine uses these types.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NewType

Topic = NewType("Topic", str)

# `kind` or `kind/id`; ids are numbers, UUIDs or names given by an issuer.
_TOPIC = re.compile(r"[a-z]{1,32}(/[A-Za-z0-9._:-]{1,128})?\Z")


def parse_topic(text: str) -> Topic | None:
    """Return the topic (`users/42`, `broadcast`), or None if `text` is not a valid topic name."""
    return Topic(text) if _TOPIC.match(text) else None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a topic's log, from which a client resumes.

    The epoch is needed because an offset alone is ambiguous after a restore: a client that has seen
    offset 12 of a log that was then restored to offset 9 would wait for 13, and never receive the
    new 10, 11 and 12. `epoch` None means the current one.
    """

    epoch: str | None
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}" if self.epoch else str(self.offset)


def parse_position(text: str) -> Position:
    """Parse `epoch:offset` or a bare offset. Raises ValueError on anything else."""
    epoch, colon, offset = text.rpartition(":")
    # isdecimal() also accepts digits of other scripts, and int() refuses more than 4,300 digits.
    if not (offset.isascii() and offset.isdecimal() and len(offset) <= 40):
        raise ValueError(f"expected `epoch:offset` or an offset, got {text[:80]!r}")
    if colon and not epoch:
        raise ValueError(f"expected an epoch before the colon, got {text[:80]!r}")
    return Position(epoch or None, int(offset))


@dataclass(frozen=True, slots=True)
class Event:
    """An event that is about to be appended to the log. `data` is JSON text."""

    topic: Topic
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Publication:
    """An event in the log. `data` is JSON text, `at` the unix time of the append.

    `data` is None if a hint carried only the offset: the data is read from the log.
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
    """The same unlogged state on several topics, sent to every hub. `data` is JSON text; keep it
    small.
    """

    topics: tuple[Topic, ...]
    type: str
    data: bytes

    def states(self) -> Iterator[State]:
        """Yield one state per topic."""
        for topic in self.topics:
            yield State(topic, self.type, self.data)


# --- client commands ------------------------------------------------------------------------------


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
    """A command registered by an app. Without a topic, it is for the topic that accepts it."""

    name: str
    topic: str | None
    data: Mapping[str, Any]
    ref: Any = None


Command = Ping | Subscribe | Unsubscribe | Refresh | Act

# --- server messages ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connected:
    user_id: int
    connection_id: str
    heartbeat_s: int
    subscriptions: Mapping[Topic, Position]
    message: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """`position` is the topic's head when it was subscribed; `snapshot` is JSON text."""

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
    """`retry_after`: the command may succeed after this many seconds."""

    code: str
    message: str
    ref: Any = None
    retry_after: int | None = None


Push = Connected | Subscribed | Unsubscribed | Pong | Ok | ErrorPush | State | Publication
