"""The registry of commands that apps add to the JSON protocol.

Most are for topics of a kind. Commands of the kind `NO_TOPIC` need no topic. An opening command is
answered by an event of the topic that it opens, and subscribes its client to that topic.

Filled in `AppConfig.ready()`. Handlers are synchronous and may use the database.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from realtime.protocol.errors import ErrorCode, RealtimeError
from realtime.protocol.messages import Publication, Topic
from realtime.protocol.presentation import Keys
from realtime.protocol.principal import Principal

# Executes a command: principal, id of the topic ("" without one), data. Returns the data of the
# `ok`. Raises `RealtimeError`; the handler itself checks whether the principal may use the topic.
Handler = Callable[[Principal, str, Mapping[str, Any]], Mapping[str, Any]]

NO_TOPIC: Final = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """The result of an opening command: the topic, and how to recognise the event that answers."""

    topic: Topic
    answers: Callable[[Publication], bool]


@dataclass(frozen=True, slots=True)
class Opener:
    """An opening command.

    `topic` returns the topic that the data refers to, or None if it does not exist yet. Both
    functions may raise `RealtimeError`; `open` may raise whatever a handler may.
    """

    topic: Callable[[Mapping[str, Any]], Topic | None]
    open: Callable[[Principal, Mapping[str, Any]], Opened]


_handlers: dict[str, dict[str, Handler]] = {}
_keys: dict[str, dict[str, Keys]] = {}
_openers: dict[str, Opener] = {}


def register_command(kind: str, name: str, handler: Handler, keys: Keys | None = None) -> None:
    """Register the command `name` for topics of `kind`.

    `keys` are the fields of its data and of its answer that exist in several cases.
    """
    of_name = _handlers.setdefault(name, {})
    if kind in of_name or name in _openers:
        raise RuntimeError(f"expected one handler, got a second one for {name!r} to {kind!r}")
    of_name[kind] = handler
    if keys is not None:
        _keys.setdefault(name, {})[kind] = keys


def register_opener(name: str, opener: Opener) -> None:
    """Register the command `name`, which opens a topic."""
    if name in _openers or name in _handlers:
        raise RuntimeError(f"expected one handler, got a second one for {name!r}")
    _openers[name] = opener


def names() -> frozenset[str]:
    """Return the names of all registered commands."""
    return frozenset(_handlers) | frozenset(_openers)


def handlers() -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield every command and its handler; named `message rooms` if it is for a kind of topic."""
    for name, of_name in _handlers.items():
        for kind, handler in of_name.items():
            yield f"{name} {kind}".rstrip(), handler
    for name, opener in _openers.items():
        yield name, opener.open


def opener_of(name: str) -> Opener | None:
    """Return the opener registered for a command, or None."""
    return _openers.get(name)


def needs_topic(name: str) -> bool:
    """Return whether the command is for a topic."""
    return NO_TOPIC not in _handlers.get(name, {})


def takes(topic: Topic, name: str) -> bool:
    """Return whether topics of this kind accept the command."""
    return topic.partition("/")[0] in _handlers.get(name, {})


def keys_of(topic: Topic, name: str) -> Keys | None:
    """Return the fields of a command's data and answer that exist in several cases, or None."""
    return _keys.get(name, {}).get(topic.partition("/")[0])


def handler_of(topic: Topic, name: str) -> Handler:
    """Return a command's handler. Raises `RealtimeError` NOT_FOUND."""
    try:
        return _handlers[name][topic.partition("/")[0]]
    except KeyError:
        raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such topic") from None
