"""The registry of commands that apps add to the JSON protocol, for their kinds of topic.

Filled in `AppConfig.ready()`. Handlers are synchronous and may use the database.
"""

from collections.abc import Callable, Mapping
from typing import Any

from realtime.errors import ErrorCode, RealtimeError
from realtime.messages import Topic
from realtime.principal import Principal

# Carries a command out: caller, id of the topic, data. Returns the data of the `ok`. Raises
# `RealtimeError`; whether the caller may do it, and see the topic at all, is the handler's to say.
Handler = Callable[[Principal, str, Mapping[str, Any]], Mapping[str, Any]]

_handlers: dict[str, dict[str, Handler]] = {}


def register(kind: str, name: str, handler: Handler) -> None:
    """Let clients say `name` to topics of a kind."""
    of_name = _handlers.setdefault(name, {})
    if kind in of_name:
        raise RuntimeError(f"expected one handler, got a second one for {name!r} to {kind!r}")
    of_name[kind] = handler


def names() -> frozenset[str]:
    """All commands that somebody has registered."""
    return frozenset(_handlers)


def takes(topic: Topic, name: str) -> bool:
    """Whether topics of this kind know the command."""
    return topic.partition("/")[0] in _handlers.get(name, {})


def handler_of(topic: Topic, name: str) -> Handler:
    """Who carries the command out. Raises `RealtimeError` NOT_FOUND."""
    try:
        return _handlers[name][topic.partition("/")[0]]
    except KeyError:
        raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such topic") from None
