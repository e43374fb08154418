"""The events of one answer's stream and their ids, by which any instance can resume it.

    -1  nothing received    N + 1  sources
     0  start               N + 2  error, if there was one
 1 … N  token               N + 3  done

A token's id is the number of characters (code points) of the answer up to its end. N is the length
of the whole answer: it is known when the answer has ended, and ids beyond N are used only then. So
an id says how much a client has received, however the text was split into events, and a stream can
be resumed from the stored answer as well as from the log. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from realtime import Publication

NOTHING_SEEN: Final = -1
_START = 0
_TYPES = frozenset({"start", "token", "sources", "error", "done"})


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """An event with its id. `after` is the id of the event that has to precede it."""

    message_id: str
    type: str
    after: int
    id: int
    fields: Mapping[str, Any]

    def log_data(self) -> dict[str, Any]:
        """The event's data on the conversation's topic."""
        return {**self.fields, "message_id": self.message_id, "id": str(self.id)}

    def sse_frame(self) -> bytes:
        """The event on the answer's own stream (docs/contract.md §8), as a server-sent event."""
        body = orjson.dumps({"type": self.type, **self.fields})
        return b"id: %d\ndata: %b\n\n" % (self.id, body)


@dataclass(frozen=True, slots=True)
class End:
    """How an answer has ended. `chars` is the length of its text in code points."""

    conversation_id: str
    message_id: str
    chars: int
    sources: Sequence[Mapping[str, Any]]
    status: str
    code: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class AnswerState:
    """The current state of an answer. `end` is None while it is being written."""

    conversation_id: str
    message_id: str
    content: str
    end: End | None = None


def start(conversation_id: str, message_id: str) -> AnswerEvent:
    """The first event of an answer."""
    return AnswerEvent(
        message_id, "start", NOTHING_SEEN, _START, _names(conversation_id, message_id)
    )


def token(message_id: str, after: int, content: str) -> AnswerEvent:
    """Text that follows the first `after` characters."""
    return AnswerEvent(message_id, "token", after, after + len(content), {"content": content})


def end_events(end: End) -> list[AnswerEvent]:
    """The events that follow the text of an answer that has ended."""
    whole = end.chars
    found = [AnswerEvent(end.message_id, "sources", whole, whole + 1, {"sources": end.sources})]
    if end.code:
        fields = {"code": end.code, "message": end.fault}
        found.append(AnswerEvent(end.message_id, "error", whole + 1, whole + 2, fields))
    names = _names(end.conversation_id, end.message_id)
    fields = {**names, "status": end.status}
    found.append(AnswerEvent(end.message_id, "done", found[-1].id, whole + 3, fields))
    return found


def last_id(chars: int, *, ended: bool) -> int:
    """The id of the last event of an answer with `chars` characters."""
    return chars + 3 if ended else chars


def events_after(state: AnswerState, seen: int) -> Iterator[AnswerEvent]:
    """The events of an answer's current state that follow the id `seen`."""
    if seen < _START:
        yield start(state.conversation_id, state.message_id)
        seen = _START
    if seen < len(state.content):
        yield token(state.message_id, seen, state.content[seen:])
    if state.end is not None:
        yield from (event for event in end_events(state.end) if event.id > seen)


def from_publication(publication: Publication) -> AnswerEvent | None:
    """The event in a publication of a conversation's topic; None for other types."""
    if publication.type not in _TYPES or publication.data is None:
        return None
    fields = orjson.loads(publication.data)
    message_id, here = fields.pop("message_id"), int(fields.pop("id"))
    match publication.type:
        case "start":
            return start(fields["conversation_id"], message_id)
        case "token":
            return token(message_id, here - len(fields["content"]), fields["content"])
        case "done":
            # Its id does not tell whether an `error` precedes it; `after` allows for both cases.
            fields = {**_names(fields["conversation_id"], message_id), "status": fields["status"]}
            return AnswerEvent(message_id, "done", here - 2, here, fields)
    return AnswerEvent(message_id, publication.type, here - 1, here, fields)


class GapError(Exception):
    """Events before this one are missing."""


class Cursor:
    """The position of one client in one answer. Lets no event pass twice or out of order."""

    def __init__(self, message_id: str, seen: int) -> None:
        self.seen = seen
        self._message_id = message_id

    def advance(self, event: AnswerEvent) -> AnswerEvent | None:
        """Move to the event's id; return what is new in the event, or None. Raises `GapError`."""
        if event.message_id != self._message_id or event.id <= self.seen:
            return None
        if event.after > self.seen:
            raise GapError
        if event.type == "token" and event.after < self.seen:
            event = token(
                event.message_id, self.seen, event.fields["content"][self.seen - event.after :]
            )
        self.seen = event.id
        return event


def parse_id(text: str) -> int:
    """Parse an event id sent by a client. Raises ValueError."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise ValueError(f"expected the id of an event of this answer, got {text[:80]!r}")
    return int(text)


def _names(conversation_id: str, message_id: str) -> dict[str, Any]:
    return {"conversation_id": conversation_id, "message_id": message_id}
