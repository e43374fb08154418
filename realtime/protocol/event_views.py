"""How publications look to one kind of subscriber, made once for all who look the same way."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

from realtime.protocol.messages import Publication, State
from realtime.protocol.presentation import Presentation


class View(Protocol):
    """One instance per look: the hub calls it once per publication and instance, and shares."""

    def event(self, publication: Publication) -> Any | None:
        """What is sent for it; None if it is not shown here (the position goes on over it)."""
        ...

    def state(self, state: State) -> Any | None:
        """What is sent for an unlogged fact; None if it is not shown here."""
        ...

    def __hash__(self) -> int: ...


# The JSON text that an endpoint shows for a publication to clients with a presentation, or None.
# Apps write these; they are pure.
Shape = Callable[[Publication, Presentation], bytes | None]


class EventFilter(Protocol):
    """What somebody does not want to be shown of a topic. Hashable: equal masks share what is made.

    Pure; the position goes on over what it hides.
    """

    def shows(self, publication: Publication) -> bool: ...

    def __hash__(self) -> int: ...


class Rendering(Protocol):
    """How a topic's publications read for one kind of reader, in their language for one.

    Pure. Hashable: readers with equal renderings share what is made.
    """

    def render(self, publication: Publication) -> Publication:
        """The publication as it is shown; itself where nothing differs."""
        ...

    def __hash__(self) -> int: ...


class RenderedView:
    """A view of what a rendering makes."""

    def __init__(self, view: View, rendering: Rendering) -> None:
        self._view = view
        self._rendering = rendering
        # The last one made: views through several masks ask for it one after the other.
        self._made: tuple[Publication, Any] | None = None

    def event(self, publication: Publication) -> Any | None:
        if self._made is None or self._made[0] is not publication:
            rendered = self._rendering.render(publication)
            self._made = publication, self._view.event(rendered)
        return self._made[1]

    def state(self, state: State) -> Any | None:
        return self._view.state(state)


class FilteredView:
    """A view through a mask."""

    def __init__(self, view: View, event_filter: EventFilter) -> None:
        self._view = view
        self._filter = event_filter

    def event(self, publication: Publication) -> Any | None:
        return self._view.event(publication) if self._filter.shows(publication) else None

    def state(self, state: State) -> Any | None:
        return self._view.state(state)


class Nothing:
    """The view of who only wants to know that something happened."""

    def event(self, publication: Publication) -> None:
        return None

    def state(self, state: State) -> None:
        return None


NOTHING = Nothing()


# As many looks as are worth sharing; a mask beyond them is made anew.
@lru_cache(maxsize=1024)
def _through(view: View, event_filter: EventFilter) -> FilteredView:
    return FilteredView(view, event_filter)


@lru_cache(maxsize=1024)
def _rendered(view: View, rendering: Rendering) -> RenderedView:
    return RenderedView(view, rendering)


def rendered(view: View, rendering: Rendering | None) -> View:
    """The view of what the rendering makes: one instance per pair, so that its readers share."""
    return view if rendering is None or view is NOTHING else _rendered(view, rendering)


def filtered(view: View, event_filter: EventFilter | None) -> View:
    """The view through the mask: one instance per pair, so that its subscribers share."""
    return view if event_filter is None else _through(view, event_filter)
