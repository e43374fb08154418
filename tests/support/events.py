"""What a client would know: the events of a topic, read back from the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from realtime.log import event_log
from realtime.protocol.messages import Position, Publication, Topic
from realtime.protocol.principal import Eviction
from tests.support.receivers import NoStates


class Nobody(NoStates):
    """Takes commits in place of a process's hub, and tells nobody."""

    def enqueue(self, publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
        pass


@dataclass(frozen=True)
class Event:
    """An event of a topic, as a client is sent it."""

    offset: int
    type: str
    data: dict[str, Any]


def publications_of(topic: str, after: int = 0) -> Sequence[Publication]:
    """What a client is replayed that has seen everything up to `after`."""
    name = Topic(topic)
    replay = event_log.read({name: Position(None, after)})[1][name]
    assert replay.recovered
    return replay.publications


def events_on(topic: str, after: int = 0) -> list[Event]:
    """The same, decoded."""
    return [
        Event(publication.offset, publication.type, orjson.loads(publication.data or b""))
        for publication in publications_of(topic, after)
    ]
