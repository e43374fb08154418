"""Helpers for commands that open a topic: the topic's previous end, and the `ref` on the answer.

The answer is an ordinary event that all subscribers of the topic see. Only the sender of the
command sees its `ref` on it, so that subscription gets its own view.
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


def end_position(topic: Topic | None) -> Position:
    """Return the position of the topic's end; for a new topic, that before its first event."""
    if topic is None:
        return Position(None, 0)
    epoch, heads = event_log.heads([topic])
    return Position(epoch, heads.get(topic, 0))


class AnswerView:
    """A view of all events in their envelopes; those for which `answers` is true have the `ref`."""

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
