"""Stream views: which topics an endpoint shows, and in which shape.

An app registers a stream view once; STOMP destinations, server-sent events and long polls use it.
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

# A page follows its user's own topic, broadcasts, and a handful of rooms.
MAX_TOPICS = 50


@dataclass(frozen=True, slots=True)
class StreamView:
    """Topics merged into one stream. `states`: whether unlogged states are shown too.

    `distinct`: a replay shows only the first of events with the same data. For shapes that do not
    show the event type, where a repetition carries no information.
    """

    topics: tuple[Topic, ...]
    shape: Shape
    states: bool = False
    distinct: bool = False


# Creates the stream view for a principal; the text is the id in the path or destination, or "".
# Raises RealtimeError if the principal may not read it. May use the database.
StreamViewFactory = Callable[[Principal, str], StreamView]
# Handles a SEND: principal, id, body, content type, and the presentation in which the client names
# fields. Raises RealtimeError. May use the database.
Sender = Callable[[Principal, str, bytes, str, Presentation], None]


def open_stream_view(
    principal: Principal, view_factory: StreamViewFactory, text: str
) -> StreamView:
    """Create the stream view, and check that the principal may read each of its topics."""
    stream_view = view_factory(principal, text)
    topics.authorize_many(principal, stream_view.topics)
    return stream_view


def parse_since(text: str, names: Sequence[Topic]) -> dict[Topic, Position | None]:
    """Parse `position;position`, in the order of the topics; missing topics start from now.

    Raises ValueError.
    """
    parts = text.split(";")
    if len(parts) > len(names):
        raise ValueError(f"expected {len(names)} positions at the most, got {len(parts)}")
    wanted: dict[Topic, Position | None] = dict.fromkeys(names)
    wanted.update(zip(names, (parse_position(part) for part in parts), strict=False))
    return wanted


def position_text(positions: Sequence[Position]) -> str:
    """Format the positions of a stream view's topics for `parse_since`."""
    return ";".join(str(position) for position in positions)


# --- destinations ----------------------------------------------------------------------------

_ID = r"(?P<id>[A-Za-z0-9._:-]{1,128})"
_view_factories: list[tuple[re.Pattern[str], StreamViewFactory]] = []
_senders: list[tuple[re.Pattern[str], Sender]] = []


def register_destination(pattern: str, view_factory: StreamViewFactory) -> None:
    """Let STOMP clients subscribe to `pattern`, in which `{id}` matches an id."""
    _view_factories.append((_compiled(pattern), view_factory))


def register_sender(pattern: str, sender: Sender) -> None:
    """Let STOMP clients SEND to `pattern`."""
    _senders.append((_compiled(pattern), sender))


def senders() -> Iterator[tuple[str, Sender]]:
    """Yield every destination that accepts a SEND, as a regular expression, and its sender."""
    for pattern, sender in _senders:
        yield pattern.pattern, sender


def view_factory_of(destination: str) -> tuple[StreamViewFactory, str]:
    """Return the stream view factory of a destination and the id in it. Raises `RealtimeError`."""
    return _find(_view_factories, destination)


def sender_of(destination: str) -> tuple[Sender, str]:
    """Return the sender of a destination and the id in it. Raises `RealtimeError`."""
    return _find(_senders, destination)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\{id\}", _ID))


def _find(known: Sequence[tuple[re.Pattern[str], Any]], destination: str) -> tuple[Any, str]:
    for pattern, handler in known:
        match = pattern.fullmatch(destination)
        if match:
            return handler, match.groupdict().get("id") or ""
    raise RealtimeError(ErrorCode.NOT_FOUND, f"There is no destination {destination[:128]!r}")
