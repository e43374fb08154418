"""How publications look to one kind of subscriber, made once for all who look the same way."""

from collections.abc import Callable
from typing import Any, Protocol

from realtime.messages import Publication, State


class View(Protocol):
    """One instance per look: the hub calls it once per publication and instance, and shares."""

    def event(self, publication: Publication) -> Any | None:
        """What is sent for it; None if it is not shown here (the position goes on over it)."""
        ...

    def state(self, state: State) -> Any | None:
        """What is sent for an unlogged fact; None if it is not shown here."""
        ...


# The JSON text that a door shows for a publication, or None. Apps write these; they are pure.
Shape = Callable[[Publication], bytes | None]
