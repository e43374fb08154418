"""The registry of commands that apps add to the JSON protocol.

Most are for topics of a kind. One of the kind `NO_TOPIC` is for no topic; one that opens a topic is
answered by an event of it, and leaves its sender subscribed to it.

Filled in `AppConfig.ready()`. Handlers are synchronous and may use the database.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from realtime.protocol.errors import ErrorCode, RealtimeError
from realtime.protocol.messages import Publication, Topic
from realtime.protocol.presentation import Keys
from realtime.protocol.principal import Principal

# Carries a command out: caller, id of the topic ("" without one), data. Returns the data of the
# `ok`. Raises `RealtimeError`; whether the caller may do it, and see the topic at all, is the
# handler's to say.
Handler = Callable[[Principal, str, Mapping[str, Any]], Mapping[str, Any]]

NO_TOPIC: Final = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opening command has led to: a topic, and how its event that answers is known."""

    topic: Topic
    answers: Callable[[Publication], bool]


@dataclass(frozen=True, slots=True)
class Opener:
    """`topic` names the topic that data is about, None if it is not there yet; both may raise
    `RealtimeError`, `open` for whatever a handler may."""

    topic: Callable[[Mapping[str, Any]], Topic | None]
    open: Callable[[Principal, Mapping[str, Any]], Opened]


_handlers: dict[str, dict[str, Handler]] = {}
_keys: dict[str, dict[str, Keys]] = {}
_openers: dict[str, Opener] = {}


def register_command(kind: str, name: str, handler: Handler, keys: Keys | None = None) -> None:
    """Let clients say `name` to topics of a kind.

    `keys` are the fields of its data and of its answer that clients may ask for in another case.
    """
    of_name = _handlers.setdefault(name, {})
    if kind in of_name or name in _openers:
        raise RuntimeError(f"expected one handler, got a second one for {name!r} to {kind!r}")
    of_name[kind] = handler
    if keys is not None:
        _keys.setdefault(name, {})[kind] = keys


def register_opener(name: str, opener: Opener) -> None:
    """Let clients say `name`, which opens a topic."""
    if name in _openers or name in _handlers:
        raise RuntimeError(f"expected one handler, got a second one for {name!r}")
    _openers[name] = opener


def names() -> frozenset[str]:
    """All commands that somebody has registered."""
    return frozenset(_handlers) | frozenset(_openers)


def handlers() -> Iterator[tuple[str, Callable[..., object]]]:
    """Every command with what carries it out: `message rooms` for one to topics of a kind."""
    for name, of_name in _handlers.items():
        for kind, handler in of_name.items():
            yield f"{name} {kind}".rstrip(), handler
    for name, opener in _openers.items():
        yield name, opener.open


def opener_of(name: str) -> Opener | None:
    """Who opens a topic by the command, if that is what it does."""
    return _openers.get(name)


def needs_topic(name: str) -> bool:
    """Whether the command is for some topic."""
    return NO_TOPIC not in _handlers.get(name, {})


def takes(topic: Topic, name: str) -> bool:
    """Whether topics of this kind know the command."""
    return topic.partition("/")[0] in _handlers.get(name, {})


def keys_of(topic: Topic, name: str) -> Keys | None:
    """The fields of a command's data and answer, where they come in several cases."""
    return _keys.get(name, {}).get(topic.partition("/")[0])


def handler_of(topic: Topic, name: str) -> Handler:
    """Who carries the command out. Raises `RealtimeError` NOT_FOUND."""
    try:
        return _handlers[name][topic.partition("/")[0]]
    except KeyError:
        raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such topic") from None
