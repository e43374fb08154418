"""Hints: what one process tells the others through the channel layer after a commit.

A hint only wakes the others up. It may be late, doubled, out of order or lost; the log has it all.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from realtime.protocol.messages import (
    EphemeralBroadcast,
    Publication,
    State,
    Topic,
)
from realtime.protocol.principal import Eviction

# Every hub is in this group: evictions, publications to more topics than are worth a send each, and
# what cannot be sent by its own Redis server.
EVERY_HUB = "bellwire.hubs"
_INSTANCE = "instance."
# Above this many topics one commit's hints go to every hub.
SEPARATE_TOPICS = 32
# A hint carries at most this much data; a single larger event travels as its offset alone.
EVENT_BYTES = 64 * 1024
CHUNK_BYTES = 256 * 1024
# What a message and each publication in it take besides names and data, rounded up.
_FRAME_BYTES = 256
_ENTRY_BYTES = 40
# An unlogged fact that comes later than this is over: typing is shown for 5 s.
STATE_HINT_AGE_S = 5.0
# For so long the quickest message of a process tells how its clock stands: clocks are set again.
CLOCK_S = 60.0
# Processes whose clocks are known: each restart is a new one.
CLOCKS = 256
# The group name of the channel layer: ASCII, fewer than 100 characters.
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,80}\Z")


def group_of(topic: Topic) -> str:
    """The channel-layer group of a topic. No two topics share one."""
    name = topic.replace("/", ".", 1)
    # An id may hold a dot as well, but a kind cannot: the first one is always the separator.
    if _PLAIN.match(name):
        return f"topic.{name}"
    return "hashed." + hashlib.sha256(topic.encode()).hexdigest()


def group_of_instance(instance: str) -> str:
    """The channel-layer group in which one instance alone is."""
    return f"{_INSTANCE}{instance}"


def detour_of(group: str) -> str:
    """The group by which a Redis server reaches the receivers of another's `group`.

    Receivers listen to these two kinds on every server. What is for the followers of one topic goes
    to all hubs instead: those without the topic drop it.
    """
    return group if group.startswith(_INSTANCE) else EVERY_HUB


def relayed(origin: str, relay: Mapping[str, Any]) -> dict[str, Any]:
    """A message from one instance to another: no hint, but it takes the same way.

    It may be lost, doubled or late like one, and there is no log behind it: whoever relays
    something asks again until it is answered.
    """
    return {"type": "hint", "origin": origin, "relay": relay}


def messages(
    origin: str, publications: Sequence[Publication], evictions: Sequence[Eviction]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(group, message) for everything that one commit has to tell."""
    by_topic: dict[Topic, list[Publication]] = {}
    for publication in publications:
        by_topic.setdefault(publication.topic, []).append(publication)
    if len(by_topic) <= SEPARATE_TOPICS:
        for topic, its in by_topic.items():
            for chunk in _chunks(its):
                yield group_of(topic), _message(origin, chunk)
    else:
        for chunk in _chunks(publications):
            yield EVERY_HUB, _message(origin, chunk)
    if evictions:
        orders = [[e.user_id, e.login_id, e.connection_id, e.replaced] for e in evictions]
        yield EVERY_HUB, {"type": "hint", "origin": origin, "evictions": orders}


def state_hints(
    origin: str, states: Iterable[State], at: float
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(group, message) for each unlogged fact that was told at the unix time `at`."""
    for state in states:
        entry = [state.topic, state.type, state.data, at]
        yield group_of(state.topic), {"type": "hint", "origin": origin, "states": [entry]}


def broadcast_hints(
    origin: str, broadcasts: Iterable[EphemeralBroadcast], at: float
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(group, message) for each unlogged fact that was told on several topics: one for all hubs."""
    for each in broadcasts:
        row = [each.topics, each.type, each.data, at]
        yield EVERY_HUB, {"type": "hint", "origin": origin, "shouts": [row]}


def refresh_hints(origin: str, topics: Iterable[Topic]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(group, message) for each topic to which somebody came, or from which somebody went."""
    for topic in topics:
        yield group_of(topic), {"type": "hint", "origin": origin, "presence": [topic]}


class Clocks:
    """How late messages of other processes are, whatever their clocks say.

    The difference of two clocks and the time that a message takes cannot be told apart. But the
    quickest message of a process hardly took any: what others take beyond it is their lateness.
    """

    def __init__(self) -> None:
        # By process: the least of "our time less its own", and when that was seen.
        self._least: dict[str, tuple[float, float]] = {}

    def lateness(self, origin: str, at: float, now: float) -> float:
        """Seconds by which a message sent at the unix time `at` of its process is late."""
        difference = now - at
        least, seen = self._least.get(origin, (difference, now))
        if difference <= least or not 0 <= now - seen < CLOCK_S:
            least, seen = difference, now
        self._least.pop(origin, None)
        self._least[origin] = least, seen
        if len(self._least) > CLOCKS:
            del self._least[next(iter(self._least))]
        return difference - least


def read_states(message: Mapping[str, Any], clocks: Clocks, now: float) -> list[State]:
    """The unlogged facts that a message of another process tells, unless they are over."""
    origin = message.get("origin", "")
    entries = [([topic], kind, data, at) for topic, kind, data, at in message.get("states", ())]
    return [
        State(Topic(topic), kind, data)
        for names, kind, data, at in (*entries, *message.get("shouts", ()))
        if clocks.lateness(origin, at, now) < STATE_HINT_AGE_S
        for topic in names
    ]


def read_refreshes(message: Mapping[str, Any]) -> list[Topic]:
    """The topics of which a message says that who is looking has changed."""
    return [Topic(topic) for topic in message.get("presence", ())]


def _chunks(publications: Iterable[Publication]) -> Iterator[list[Publication]]:
    chunk: list[Publication] = []
    size = _FRAME_BYTES
    for publication in publications:
        weight = len(publication.topic) + len(publication.type) + _ENTRY_BYTES
        if (length := len(publication.data or b"")) <= EVENT_BYTES:
            weight += length
        if chunk and size + weight > CHUNK_BYTES:
            yield chunk
            chunk, size = [], _FRAME_BYTES
        chunk.append(publication)
        size += weight
    if chunk:
        yield chunk


def _message(origin: str, publications: Sequence[Publication]) -> dict[str, Any]:
    return {
        "type": "hint",
        "origin": origin,
        "epoch": publications[0].epoch,
        "publications": [
            [p.topic, p.offset, p.type, p.data if len(p.data or b"") <= EVENT_BYTES else None, p.at]
            for p in publications
        ],
    }


def read(message: Mapping[str, Any]) -> tuple[list[Publication], list[Eviction]]:
    """What a message of another process says."""
    epoch = message.get("epoch", "")
    return (
        [
            Publication(Topic(topic), epoch, offset, kind, data, at)
            for topic, offset, kind, data, at in message.get("publications", ())
        ],
        [Eviction(*order) for order in message.get("evictions", ())],
    )
