"""How JSON data is presented to one client: the case of its keys.

The log holds one text per event. An app registers a renderer for those of its events that some
clients receive in another form; the engine knows neither their fields nor their meaning. A client's
choice holds for the lifetime of its connection.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import orjson

from realtime.protocol.messages import Topic

Case = Literal["snake", "camel"]
CASES: Final[Mapping[str, Case]] = {"snake": "snake", "camel": "camel"}


@dataclass(frozen=True, slots=True)
class Presentation:
    """The presentation that a client asked for. Hashable, so that equal clients share encoded
    events.

    With every field at its default, an event is sent as it is in the log.
    """

    case: Case = "snake"


AS_LOGGED: Final = Presentation()
# Stands in for an event type: the snapshot that is sent with `subscribed`.
SNAPSHOT: Final = "subscribed"

# Takes an event's data as JSON text and returns it in the given presentation. Pure.
Renderer = Callable[[bytes, Presentation], bytes]


class Keys(Protocol):
    """The field names of one shape, in both cases. Pure."""

    def camel(self, value: Any) -> Any:
        """Return the value with its fields named in camelCase."""
        ...

    def snake(self, value: Any) -> Any:
        """Return the value with its fields in snake_case. Raises ValueError if a field occurs
        twice.
        """
        ...

    def camel_text(self, text: str) -> str:
        """Return an error message with the field names in it converted to camelCase."""
        ...


_renderers: dict[tuple[str, str], Renderer] = {}


def register_names(kind: str, types: Iterable[str], renderer: Renderer) -> None:
    """Register `renderer` for events and states of these types on topics of `kind`."""
    for event_type in types:
        if (kind, event_type) in _renderers:
            raise RuntimeError(f"expected one renderer, got a second one for {event_type!r}")
        _renderers[kind, event_type] = renderer


def renaming(keys: Keys) -> Renderer:
    """Return a renderer that renames fields to the case of the presentation."""

    def render(data: bytes, presentation: Presentation) -> bytes:
        if presentation.case == "snake":
            return data
        return orjson.dumps(keys.camel(orjson.loads(data)))

    return render


def rendered(topic: Topic, event_type: str, data: bytes, presentation: Presentation) -> bytes:
    """Return an event's data as clients with the presentation receive it."""
    if presentation == AS_LOGGED:
        return data
    renderer = _renderers.get((topic.partition("/")[0], event_type))
    return data if renderer is None else renderer(data, presentation)
