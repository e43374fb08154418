"""Turn publications into what a kind of subscriber is sent, once for all equal subscribers."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

from realtime.protocol.messages import Publication, State
from realtime.protocol.presentation import Presentation


class View(Protocol):
    """Encodes publications. The hub calls a view once per publication and shares the result."""

    def event(self, publication: Publication) -> Any | None:
        """Return what is sent for the event, or None to skip it (the position still advances)."""
        ...

    def state(self, state: State) -> Any | None:
        """Return what is sent for an unlogged state, or None to skip it."""
        ...

    def __hash__(self) -> int: ...


# Returns the JSON text that an endpoint shows for a publication in a presentation, or None to skip
# the publication. Apps write these functions; they are pure.
Shape = Callable[[Publication, Presentation], bytes | None]


class EventFilter(Protocol):
    """Hides events of a topic according to a user's preferences.

    Pure. Hashable, so that subscribers with equal filters share one view. The position advances
    over hidden events.
    """

    def shows(self, publication: Publication) -> bool: ...

    def __hash__(self) -> int: ...


class Rendering(Protocol):
    """Rewrites a topic's publications for one kind of reader, for example in their language.

    Pure. Hashable, so that readers with equal renderings share one view.
    """

    def render(self, publication: Publication) -> Publication:
        """Return the publication as it is shown; the same object if nothing changes."""
        ...

    def __hash__(self) -> int: ...


class RenderedView:
    """A view of the publications that a rendering returns."""

    def __init__(self, view: View, rendering: Rendering) -> None:
        self._view = view
        self._rendering = rendering
        # The last rendered publication: views with different filters ask for the same one in a row.
        self._made: tuple[Publication, Any] | None = None

    def event(self, publication: Publication) -> Any | None:
        if self._made is None or self._made[0] is not publication:
            rendered = self._rendering.render(publication)
            self._made = publication, self._view.event(rendered)
        return self._made[1]

    def state(self, state: State) -> Any | None:
        return self._view.state(state)


class FilteredView:
    """A view that shows only what an event filter lets through."""

    def __init__(self, view: View, event_filter: EventFilter) -> None:
        self._view = view
        self._filter = event_filter

    def event(self, publication: Publication) -> Any | None:
        return self._view.event(publication) if self._filter.shows(publication) else None

    def state(self, state: State) -> Any | None:
        return self._view.state(state)


class Nothing:
    """A view that sends nothing, for subscriptions that only follow a topic's events."""

    def event(self, publication: Publication) -> None:
        return None

    def state(self, state: State) -> None:
        return None


NOTHING = Nothing()


# Views kept for sharing; beyond that, the least recently used are built again.
@lru_cache(maxsize=1024)
def _through(view: View, event_filter: EventFilter) -> FilteredView:
    return FilteredView(view, event_filter)


@lru_cache(maxsize=1024)
def _rendered(view: View, rendering: Rendering) -> RenderedView:
    return RenderedView(view, rendering)


def rendered(view: View, rendering: Rendering | None) -> View:
    """Return the view of a rendering, or `view` itself without one. Cached per pair."""
    return view if rendering is None or view is NOTHING else _rendered(view, rendering)


def filtered(view: View, event_filter: EventFilter | None) -> View:
    """Return the view through a filter, or `view` itself without one. Cached per pair."""
    return view if event_filter is None else _through(view, event_filter)
