"""The events of one answer, and their ids: with an id any instance goes on exactly behind it.

    -1  nothing seen        N + 1  sources
     0  start               N + 2  error, if there was one
 1 … N  token               N + 3  done

A token's id is how many characters (code points) of the answer have come with it; N is the length
of the whole answer, known when it has ended, and nothing comes behind N before that. So an id says
what was seen, whatever batches the text came in, and it is all the same whether what follows is
read from the stored answer or from the log. Pure.
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
class Piece:
    """One event: it belongs behind `after`, and brings who hears it to `id`."""

    message_id: str
    type: str
    after: int
    id: int
    fields: Mapping[str, Any]

    def logged(self) -> dict[str, Any]:
        """The event's data on the conversation's topic."""
        return {**self.fields, "message_id": self.message_id, "id": str(self.id)}

    def line(self) -> bytes:
        """The event on the answer's own stream (CONTRACT §8), as server-sent events have it."""
        body = orjson.dumps({"type": self.type, **self.fields})
        return b"id: %d\ndata: %b\n\n" % (self.id, body)


@dataclass(frozen=True, slots=True)
class End:
    """How an answer has ended. `chars` is the length of its text."""

    conversation_id: str
    message_id: str
    chars: int
    sources: Sequence[Mapping[str, Any]]
    status: str
    code: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class AnswerState:
    """All that an answer's stream consists of, as it stands. `end` is None until it has ended."""

    conversation_id: str
    message_id: str
    content: str
    end: End | None = None


def start(conversation_id: str, message_id: str) -> Piece:
    """That there is an answer."""
    return Piece(message_id, "start", NOTHING_SEEN, _START, _names(conversation_id, message_id))


def token(message_id: str, after: int, content: str) -> Piece:
    """A part of the text, behind `after` characters."""
    return Piece(message_id, "token", after, after + len(content), {"content": content})


def ending(end: End) -> list[Piece]:
    """What comes behind the text of an answer that has ended."""
    whole = end.chars
    pieces = [Piece(end.message_id, "sources", whole, whole + 1, {"sources": end.sources})]
    if end.code:
        fields = {"code": end.code, "message": end.fault}
        pieces.append(Piece(end.message_id, "error", whole + 1, whole + 2, fields))
    names = _names(end.conversation_id, end.message_id)
    fields = {**names, "status": end.status}
    pieces.append(Piece(end.message_id, "done", pieces[-1].id, whole + 3, fields))
    return pieces


def last_id(chars: int, *, ended: bool) -> int:
    """What has been seen by who knows all of an answer of this length."""
    return chars + 3 if ended else chars


def after(told: AnswerState, seen: int) -> Iterator[Piece]:
    """What is still to be told to who has seen so much."""
    if seen < _START:
        yield start(told.conversation_id, told.message_id)
        seen = _START
    if seen < len(told.content):
        yield token(told.message_id, seen, told.content[seen:])
    if told.end is not None:
        yield from (piece for piece in ending(told.end) if piece.id > seen)


def of(publication: Publication) -> Piece | None:
    """The piece that an event of a conversation's topic is; None if it is something else."""
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
            # Whether an error came before it, its own id does not tell; nothing can be between.
            fields = {**_names(fields["conversation_id"], message_id), "status": fields["status"]}
            return Piece(message_id, "done", here - 2, here, fields)
    return Piece(message_id, publication.type, here - 1, here, fields)


class HoleError(Exception):
    """Something is missing before this piece."""


class Cursor:
    """How far one listener of one answer has been brought. No piece twice, none out of order."""

    def __init__(self, message_id: str, seen: int) -> None:
        self.seen = seen
        self._message_id = message_id

    def take(self, piece: Piece) -> Piece | None:
        """What is new in it, if anything. Raises `HoleError`."""
        if piece.message_id != self._message_id or piece.id <= self.seen:
            return None
        if piece.after > self.seen:
            raise HoleError
        if piece.type == "token" and piece.after < self.seen:
            piece = token(
                piece.message_id, self.seen, piece.fields["content"][self.seen - piece.after :]
            )
        self.seen = piece.id
        return piece


def parse_id(text: str) -> int:
    """An event's id as a client sends it back. Raises ValueError."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise ValueError(f"expected the id of an event of this answer, got {text[:80]!r}")
    return int(text)


def _names(conversation_id: str, message_id: str) -> dict[str, Any]:
    return {"conversation_id": conversation_id, "message_id": message_id}
