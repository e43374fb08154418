"""What lives as long as the engine does: apps register theirs in `AppConfig.ready()`.

A chore is done again and again; a resident is there, with tasks of its own on the engine's loop.
"""

from typing import Protocol


class LifecycleService(Protocol):
    """Called on the loop, in this order; after `stop` it may be started again."""

    def start(self) -> None:
        """The engine is up."""
        ...

    def drain(self) -> None:
        """Clients are sent elsewhere: take on nothing new."""
        ...

    async def stop(self) -> None:
        """Come to an end; what is committed until then is still told."""
        ...


_services: list[LifecycleService] = []


def register(service: LifecycleService) -> None:
    """Have `service` started and stopped with the engine."""
    _services.append(service)


def registered() -> tuple[LifecycleService, ...]:
    """Who lives here."""
    return tuple(_services)
