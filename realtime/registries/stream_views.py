"""What a door shows: which topics of the caller, in which shape.

An app registers a reading once; STOMP destinations, server-sent events and long polls all use it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from realtime.protocol.errors import ErrorCode, RealtimeError
from realtime.protocol.event_views import Shape
from realtime.protocol.messages import (
    Position,
    Topic,
    parse_position,
)
from realtime.protocol.presentation import Presentation
from realtime.protocol.principal import Principal
from realtime.registries import topics

# A page follows its person's own topic, broadcasts, and a handful of rooms.
MAX_TOPICS = 50


@dataclass(frozen=True, slots=True)
class StreamView:
    """Topics, merged into one stream. `states`: the topics' unlogged facts as well.

    `distinct`: of events whose data is the same, a replay shows the first. For shapes that do not
    show what kind of event it was: there the second says nothing new.
    """

    topics: tuple[Topic, ...]
    shape: Shape
    states: bool = False
    distinct: bool = False


# Makes the reading of a caller; the text is the id in the path or destination, or "".
# Raises RealtimeError where the caller may not read it. May use the database.
StreamViewFactory = Callable[[Principal, str], StreamView]
# Carries out a SEND: caller, id, body, content type, and the presentation in which the caller
# names fields. Raises RealtimeError. May use the database.
Sender = Callable[[Principal, str, bytes, str, Presentation], None]


def opened(principal: Principal, view_factory: StreamViewFactory, text: str) -> StreamView:
    """The reading, once each of its topics' policies has let the caller in."""
    stream_view = view_factory(principal, text)
    topics.authorize_many(principal, stream_view.topics)
    return stream_view


def parse_since(text: str, names: Sequence[Topic]) -> dict[Topic, Position | None]:
    """`position;position` in the order of the topics; what is not named starts from now.

    Raises ValueError.
    """
    parts = text.split(";")
    if len(parts) > len(names):
        raise ValueError(f"expected {len(names)} positions at the most, got {len(parts)}")
    wanted: dict[Topic, Position | None] = dict.fromkeys(names)
    wanted.update(zip(names, (parse_position(part) for part in parts), strict=False))
    return wanted


def position_text(positions: Sequence[Position]) -> str:
    """The positions of a reading's topics, as `parse_since` takes them."""
    return ";".join(str(position) for position in positions)


# --- destinations ----------------------------------------------------------------------------

_ID = r"(?P<id>[A-Za-z0-9._:-]{1,128})"
_view_factories: list[tuple[re.Pattern[str], StreamViewFactory]] = []
_senders: list[tuple[re.Pattern[str], Sender]] = []


def register_destination(pattern: str, view_factory: StreamViewFactory) -> None:
    """Let STOMP clients subscribe to `pattern`, in which `{id}` stands for an id."""
    _view_factories.append((_compiled(pattern), view_factory))


def register_sender(pattern: str, sender: Sender) -> None:
    """Let STOMP clients SEND to `pattern`."""
    _senders.append((_compiled(pattern), sender))


def senders() -> Iterator[tuple[str, Sender]]:
    """Every destination that takes a SEND, as a regular expression, with what carries it out."""
    for pattern, sender in _senders:
        yield pattern.pattern, sender


def view_factory_of(destination: str) -> tuple[StreamViewFactory, str]:
    """Who makes the reading of a destination, and the id in it. Raises `RealtimeError`."""
    return _find(_view_factories, destination)


def sender_of(destination: str) -> tuple[Sender, str]:
    """Who carries out a SEND to a destination, and the id in it. Raises `RealtimeError`."""
    return _find(_senders, destination)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\{id\}", _ID))


def _find(known: Sequence[tuple[re.Pattern[str], Any]], destination: str) -> tuple[Any, str]:
    for pattern, handler in known:
        match = pattern.fullmatch(destination)
        if match:
            return handler, match.groupdict().get("id") or ""
    raise RealtimeError(ErrorCode.NOT_FOUND, f"There is no destination {destination[:128]!r}")
