"""While somebody here looks at a focus room, the end of a phase is logged when it comes."""

from collections.abc import Sequence
from datetime import timedelta

from chat.rooms import services
from chat.rooms.models import TOPIC_KIND
from realtime import topic_watchers

# The next end within this time is waited for to the moment; what ends later, the next look finds.
HORIZON = timedelta(seconds=topic_watchers.EVERY_S)


def end_phases(ids: Sequence[str]) -> float | None:
    """See `services.end_phases`."""
    # Only topics that a session was let into come here, so each ends in a room's id.
    return services.end_phases({int(text) for text in ids}, within=HORIZON)


def register_watch() -> None:
    """Tell the engine. Once, when the apps are ready."""
    topic_watchers.register(TOPIC_KIND, end_phases)
