"""What a door shows: which topics of the caller, in which shape.

An app registers a reading once; STOMP destinations, server-sent events and long polls all use it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from realtime import topics
from realtime.codecs.json import codec_of
from realtime.errors import ErrorCode, RealtimeError
from realtime.messages import Position, Publication, State, Topic, parse_position
from realtime.presentation import Presentation
from realtime.principal import Principal
from realtime.views import Shape

# A page follows its person's own topic, broadcasts, and a handful of rooms.
MAX_TOPICS = 50


@dataclass(frozen=True, slots=True)
class Reading:
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
Reader = Callable[[Principal, str], Reading]
# Carries out a SEND: caller, id, body, content type, and the presentation in which the caller
# names fields. Raises RealtimeError. May use the database.
Sender = Callable[[Principal, str, bytes, str, Presentation], None]


def envelope(publication: Publication, presentation: Presentation) -> bytes:
    """The shape of CONTRACT §4: type, topic, epoch, offset, data."""
    return codec_of(presentation).encode(publication).payload


def state_envelope(state: State, presentation: Presentation) -> bytes:
    """The same for an unlogged fact."""
    return codec_of(presentation).encode(state).payload


def any_topics(principal: Principal, text: str) -> Reading:
    """Every event of the named topics (`users/42,rooms/7`), in its envelope.

    Whether the caller may read them is for `opened` to ask.
    """
    names = list(dict.fromkeys(text.split(",")))
    if len(names) > MAX_TOPICS:
        raise RealtimeError(ErrorCode.BAD_FRAME, f"More than {MAX_TOPICS} topics at once")
    found = tuple(topics.named(name) for name in names)
    return Reading(found, envelope, states=True)


def opened(principal: Principal, reader: Reader, text: str) -> Reading:
    """The reading, once each of its topics' policies has let the caller in."""
    reading = reader(principal, text)
    topics.authorize_many(principal, reading.topics)
    return reading


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
_readers: list[tuple[re.Pattern[str], Reader]] = []
_senders: list[tuple[re.Pattern[str], Sender]] = []


def register_destination(pattern: str, reader: Reader) -> None:
    """Let STOMP clients subscribe to `pattern`, in which `{id}` stands for an id."""
    _readers.append((_compiled(pattern), reader))


def register_sender(pattern: str, sender: Sender) -> None:
    """Let STOMP clients SEND to `pattern`."""
    _senders.append((_compiled(pattern), sender))


def senders() -> Iterator[tuple[str, Sender]]:
    """Every destination that takes a SEND, as a regular expression, with what carries it out."""
    for pattern, sender in _senders:
        yield pattern.pattern, sender


def reader_of(destination: str) -> tuple[Reader, str]:
    """Who makes the reading of a destination, and the id in it. Raises `RealtimeError`."""
    return _find(_readers, destination)


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
