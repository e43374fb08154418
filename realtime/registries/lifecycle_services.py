"""Services that are started and stopped with the engine; register them in `AppConfig.ready()`.

Unlike a periodic task, a lifecycle service runs all the time, with its own tasks on the engine's
event loop.
"""

from typing import Protocol


class LifecycleService(Protocol):
    """Called on the event loop, in this order; it may be started again after `stop`."""

    def start(self) -> None:
        """Start: the engine is running."""
        ...

    def drain(self) -> None:
        """Accept nothing new: clients are being disconnected."""
        ...

    async def stop(self) -> None:
        """Stop. What is committed until then is still delivered."""
        ...


_services: list[LifecycleService] = []


def register(service: LifecycleService) -> None:
    """Start and stop `service` with the engine."""
    _services.append(service)


def registered() -> tuple[LifecycleService, ...]:
    """Return the registered services."""
    return tuple(_services)
