"""What a session needs for commands that open a topic: where it stood, and the `ref` on its event.

The event that answers is an event like any other, which all who look at the topic see. Only who
sent the command sees its own `ref` on it, so that one subscription has a view of its own.
"""

from collections.abc import Callable
from typing import Any

from realtime.log import event_log
from realtime.protocol.frames import Frame
from realtime.protocol.messages import (
    Position,
    Publication,
    State,
    Topic,
)
from realtime.protocols.json.codec import JsonCodec


def end_of(topic: Topic | None) -> Position:
    """Where a topic ends now; one that is not there yet, before its first event."""
    if topic is None:
        return Position(None, 0)
    epoch, heads = event_log.heads([topic])
    return Position(epoch, heads.get(topic, 0))


class Answering:
    """Every event in its envelope, and the one that `answers` with the `ref`."""

    def __init__(self, codec: JsonCodec, answers: Callable[[Publication], bool], ref: Any) -> None:
        self._codec = codec
        self._answers = answers
        self._ref = ref

    def event(self, publication: Publication) -> Frame:
        if self._answers(publication):
            return self._codec.answer(publication, self._ref)
        return self._codec.event(publication)

    def state(self, state: State) -> Frame:
        return self._codec.state(state)
