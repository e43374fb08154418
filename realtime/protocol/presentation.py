"""How what is sent looks to one client: the case of its keys.

The log holds one text of an event, for everybody. An app registers a renderer for those of its
events that look different to some; the engine knows neither their fields nor what they mean. What
a client asked for holds as long as its connection.
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
    """Hashable: clients with equal ones share what is made of an event.

    With every field at its default an event is sent as the log has it.
    """

    case: Case = "snake"


AS_LOGGED: Final = Presentation()
# In place of an event's type: the snapshot that goes with `subscribed`.
SNAPSHOT: Final = "subscribed"

# Makes of an event's data, JSON text, what clients with the presentation are sent. Pure.
Renderer = Callable[[bytes, Presentation], bytes]


class Keys(Protocol):
    """The names of some shape's fields, in both cases. Pure."""

    def camel(self, value: Any) -> Any:
        """The value with its fields named in camelCase."""
        ...

    def snake(self, value: Any) -> Any:
        """The value with its fields named in snake_case. Raises ValueError for what is named
        twice."""
        ...

    def camel_text(self, text: str) -> str:
        """A sentence of an error, with the fields that it names in camelCase."""
        ...


_renderers: dict[tuple[str, str], Renderer] = {}


def register_names(kind: str, types: Iterable[str], renderer: Renderer) -> None:
    """Have `renderer` called for events and unlogged facts of these types, of topics of a kind."""
    for event_type in types:
        if (kind, event_type) in _renderers:
            raise RuntimeError(f"expected one renderer, got a second one for {event_type!r}")
        _renderers[kind, event_type] = renderer


def renaming(keys: Keys) -> Renderer:
    """The renderer that names fields in the case asked for."""

    def render(data: bytes, presentation: Presentation) -> bytes:
        if presentation.case == "snake":
            return data
        return orjson.dumps(keys.camel(orjson.loads(data)))

    return render


def rendered(topic: Topic, event_type: str, data: bytes, presentation: Presentation) -> bytes:
    """What clients with the presentation are sent of an event's data."""
    if presentation == AS_LOGGED:
        return data
    renderer = _renderers.get((topic.partition("/")[0], event_type))
    return data if renderer is None else renderer(data, presentation)
