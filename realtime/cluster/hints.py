"""Hints: messages of one process to the others through the channel layer after a commit.

A hint only wakes the others up. It may be late, duplicated, out of order or lost; the log is
complete.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from realtime.protocol.messages import (
    EphemeralBroadcast,
    Publication,
    State,
    Topic,
)
from realtime.protocol.principal import Eviction

# Every hub is in this group: it carries evictions, publications to more topics than are worth a
# send each, and what cannot be sent by its own Redis server.
EVERY_HUB = "bellwire.hubs"
_INSTANCE = "instance."
# Hints of a commit to more topics than this go to every hub.
SEPARATE_TOPICS = 32
# Maximum data per hint; a single larger event is sent as its offset alone.
EVENT_BYTES = 64 * 1024
CHUNK_BYTES = 256 * 1024
# Overhead of a message and of each publication in it, besides names and data, rounded up.
_FRAME_BYTES = 256
_ENTRY_BYTES = 40
# An unlogged state that arrives later than this is dropped: typing is shown for 5 s.
STATE_HINT_AGE_S = 5.0
# The least clock difference of a process is measured anew after this time, as clocks are adjusted.
CLOCK_S = 60.0
# Processes whose clock differences are kept: each restart adds one.
CLOCKS = 256
# Valid group names of the channel layer: ASCII, fewer than 100 characters.
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,80}\Z")


def group_of(topic: Topic) -> str:
    """Return the channel-layer group of a topic. No two topics share one."""
    name = topic.replace("/", ".", 1)
    # An id may contain dots but a kind cannot, so the first dot is always the separator.
    if _PLAIN.match(name):
        return f"topic.{name}"
    return "hashed." + hashlib.sha256(topic.encode()).hexdigest()


def group_of_instance(instance: str) -> str:
    """Return the channel-layer group whose only member is this instance."""
    return f"{_INSTANCE}{instance}"


def detour_of(group: str) -> str:
    """Return the group by which another shard's Redis server reaches the receivers of `group`.

    Receivers join these two kinds of group on every server. Messages to a topic's group go to all
    hubs instead: those without the topic drop them.
    """
    return group if group.startswith(_INSTANCE) else EVERY_HUB


def relayed(origin: str, relay: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message from one instance to another, sent like a hint.

    It may be lost, duplicated or late, and no log backs it up: the sender repeats it until it gets
    an answer.
    """
    return {"type": "hint", "origin": origin, "relay": relay}


def messages(
    origin: str,
    publications: Sequence[Publication],
    evictions: Sequence[Eviction],
    *,
    event_bytes: int = EVENT_BYTES,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (group, message) for everything to announce after one commit.

    An event with more data than `event_bytes` is announced by its offset alone.
    """
    by_topic: dict[Topic, list[Publication]] = {}
    for publication in publications:
        by_topic.setdefault(publication.topic, []).append(publication)
    if len(by_topic) <= SEPARATE_TOPICS:
        for topic, its in by_topic.items():
            for chunk in _chunks(its, event_bytes):
                yield group_of(topic), _message(origin, chunk, event_bytes)
    else:
        for chunk in _chunks(publications, event_bytes):
            yield EVERY_HUB, _message(origin, chunk, event_bytes)
    if evictions:
        orders = [[e.user_id, e.login_id, e.connection_id, e.replaced] for e in evictions]
        yield EVERY_HUB, {"type": "hint", "origin": origin, "evictions": orders}


def state_hints(
    origin: str, states: Iterable[State], at: float
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (group, message) for each unlogged state sent at the unix time `at`."""
    for state in states:
        entry = [state.topic, state.type, state.data, at]
        yield group_of(state.topic), {"type": "hint", "origin": origin, "states": [entry]}


def broadcast_hints(
    origin: str, broadcasts: Iterable[EphemeralBroadcast], at: float
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (group, message) for each ephemeral broadcast: one message for all hubs."""
    for each in broadcasts:
        row = [each.topics, each.type, each.data, at]
        yield EVERY_HUB, {"type": "hint", "origin": origin, "shouts": [row]}


def refresh_hints(origin: str, topics: Iterable[Topic]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (group, message) for each topic whose presence has changed."""
    for topic in topics:
        yield group_of(topic), {"type": "hint", "origin": origin, "presence": [topic]}


class Clocks:
    """Estimates how late messages of other processes are, although their clocks differ.

    A clock difference cannot be told apart from transit time. But the fastest message of a process
    took hardly any time, so the excess over its difference is a message's lateness.
    """

    def __init__(self) -> None:
        # Per process: the least value of "our time - its time", and when it was measured.
        self._least: dict[str, tuple[float, float]] = {}

    def lateness(self, origin: str, at: float, now: float) -> float:
        """Return by how many seconds a message sent at its process's unix time `at` is late."""
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
    """Return the unlogged states in another process's message, without those that are too old."""
    origin = message.get("origin", "")
    entries = [([topic], kind, data, at) for topic, kind, data, at in message.get("states", ())]
    return [
        State(Topic(topic), kind, data)
        for names, kind, data, at in (*entries, *message.get("shouts", ()))
        if clocks.lateness(origin, at, now) < STATE_HINT_AGE_S
        for topic in names
    ]


def read_refreshes(message: Mapping[str, Any]) -> list[Topic]:
    """Return the topics whose presence has changed according to a message."""
    return [Topic(topic) for topic in message.get("presence", ())]


def _chunks(publications: Iterable[Publication], event_bytes: int) -> Iterator[list[Publication]]:
    chunk: list[Publication] = []
    size = _FRAME_BYTES
    for publication in publications:
        weight = len(publication.topic) + len(publication.type) + _ENTRY_BYTES
        if (length := len(publication.data or b"")) <= event_bytes:
            weight += length
        if chunk and size + weight > CHUNK_BYTES:
            yield chunk
            chunk, size = [], _FRAME_BYTES
        chunk.append(publication)
        size += weight
    if chunk:
        yield chunk


def _message(origin: str, publications: Sequence[Publication], event_bytes: int) -> dict[str, Any]:
    return {
        "type": "hint",
        "origin": origin,
        "epoch": publications[0].epoch,
        "publications": [
            [p.topic, p.offset, p.type, p.data if len(p.data or b"") <= event_bytes else None, p.at]
            for p in publications
        ],
    }


def read(message: Mapping[str, Any]) -> tuple[list[Publication], list[Eviction]]:
    """Return the publications and evictions in another process's message."""
    epoch = message.get("epoch", "")
    return (
        [
            Publication(Topic(topic), epoch, offset, kind, data, at)
            for topic, offset, kind, data, at in message.get("publications", ())
        ],
        [Eviction(*order) for order in message.get("evictions", ())],
    )


class Dispatcher:
    """Takes the messages of other processes apart. `origin` is this one, whose own are dropped."""

    def __init__(
        self,
        *,
        origin: str,
        accept: Callable[[Iterable[Publication]], None],
        evict: Callable[[Eviction], None],
        relayed: Callable[[str, Mapping[str, Any]], None] | None = None,
        send_states: Callable[[Iterable[State]], None] | None = None,
        on_refresh: Callable[[Iterable[Topic]], None] | None = None,
    ) -> None:
        self._origin = origin
        self._clocks = Clocks()
        self._accept = accept
        self._evict = evict
        self._relayed = relayed
        self._send_states = send_states
        self._on_refresh = on_refresh

    def __call__(self, message: Mapping[str, Any]) -> None:
        """Pass the content of a message on."""
        if message.get("origin") == self._origin:
            return
        if "relay" in message:
            if self._relayed is not None:
                self._relayed(message["origin"], message["relay"])
            return
        publications, evictions = read(message)
        if self._send_states is not None:
            states = read_states(message, self._clocks, time.time())
            if states:
                self._send_states(states)
        if self._on_refresh is not None and (topics := read_refreshes(message)):
            self._on_refresh(topics)
        self._accept(publications)
        for eviction in evictions:
            self._evict(eviction)
