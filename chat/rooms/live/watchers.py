"""Publishes the ends of phases in time, for focus rooms that a client of this process reads."""

from collections.abc import Sequence
from datetime import timedelta

from chat.rooms import services
from chat.rooms.models import TOPIC_KIND
from realtime import topic_watchers

# A phase that ends within this time is waited for exactly; later ends are found by the next check.
HORIZON = timedelta(seconds=topic_watchers.EVERY_S)


def end_phases(ids: Sequence[str]) -> float | None:
    """See `services.end_phases`."""
    # Only topics that a session was authorized for come here, so each id is a number.
    return services.end_phases({int(text) for text in ids}, within=HORIZON)


def register_watch() -> None:
    """Register with `realtime`. Called once, from `AppConfig.ready`."""
    topic_watchers.register(TOPIC_KIND, end_phases)
