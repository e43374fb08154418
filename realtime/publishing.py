"""Publishing events: `publish()` inside a `unit_of_work()`.

`publish` only collects events. One append runs at the end of the outermost block, because an append
in mid-transaction deadlocks with domain rows and locks the topics' heads for the rest of it. After
the commit, the publications are delivered to the hubs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import transaction

from realtime.fanout import delivery
from realtime.log import event_log
from realtime.protocol.messages import (
    EphemeralBroadcast,
    Event,
    State,
    Topic,
    parse_topic,
)
from realtime.protocol.principal import Eviction


@dataclass(slots=True)
class _Work:
    events: list[Event] = field(default_factory=list)
    evictions: list[Eviction] = field(default_factory=list)
    broadcasts: list[EphemeralBroadcast] = field(default_factory=list)


_open: ContextVar[_Work | None] = ContextVar("bellwire_unit_of_work", default=None)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """A transaction whose publications are appended to the log at its end. Blocks nest.

    If an inner block raises, its rows and its publications are rolled back.
    """
    outer = _open.get()
    if outer is not None:
        mark = len(outer.events), len(outer.evictions), len(outer.broadcasts)
        try:
            with transaction.atomic():
                yield
        except BaseException:
            del outer.events[mark[0] :], outer.evictions[mark[1] :], outer.broadcasts[mark[2] :]
            raise
        return
    work = _Work()
    token = _open.set(work)
    try:
        with transaction.atomic():
            yield
            # No other I/O after this: the heads are locked until the commit.
            publications = event_log.append(work.events) if work.events else []

            # Not a partial: Django logs a failing callback by its `__qualname__`, which partials
            # lack.
            def deliver() -> None:
                delivery.deliver(publications, work.evictions)
                delivery.deliver_broadcasts(work.broadcasts)

            transaction.on_commit(deliver, robust=True)
    finally:
        _open.reset(token)


def publish(topic: str, event_type: str, data: Mapping[str, Any]) -> None:
    """Append an event to `topic` at the end of the surrounding unit of work.

    `data` is serialized now: later changes to it have no effect.
    """
    name = parse_topic(topic)
    if name is None:
        raise ValueError(f"expected a topic such as `users/42`, got {topic!r}")
    _current().events.append(Event(name, event_type, orjson.dumps(data)))


def revise_collected(change: Callable[[Event], Event | None]) -> int:
    """Replace events that the open unit of work has not appended yet; return how many."""
    work = _current()
    changed = 0
    for place, event in enumerate(work.events):
        revised = change(event)
        if revised is not None:
            work.events[place] = revised
            changed += 1
    return changed


def publish_ephemeral(topic: Topic, state_type: str, data: Mapping[str, Any]) -> None:
    """Send a state to the topic's subscribers now, for facts that matter only for a moment.

    It is not logged, and may be lost; the same state within a second is sent only once.
    """
    delivery.deliver_states([State(topic, state_type, orjson.dumps(data))])


def broadcast_ephemeral(topics: Iterable[Topic], state_type: str, data: Mapping[str, Any]) -> None:
    """Send the same state to the subscribers of several topics when the unit of work commits.

    It is not logged, and may be lost, so it must be available by other means; keep `data` small.
    """
    names = tuple(topics)
    if names:
        _current().broadcasts.append(EphemeralBroadcast(names, state_type, orjson.dumps(data)))


def disconnect(
    *, user_id: int, login_id: str | None = None, connection_id: str | None = None
) -> None:
    """Close the user's live connections on every instance, on commit.

    Closes all of them, those of one sign-in, or a single one, with the reason "Signed out".
    """
    _current().evictions.append(Eviction(user_id, login_id, connection_id))


def _current() -> _Work:
    work = _open.get()
    if work is None:
        raise RuntimeError("expected a surrounding unit_of_work(), found none")
    return work
