"""Work that an app does while topics of a kind have local subscribers, and after the last one left.

Filled in `AppConfig.ready()`. It must be safe when several instances do it at the same time.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence

from realtime.database.executor import in_thread
from realtime.database.health import has_trace
from realtime.protocol.messages import Topic

logger = logging.getLogger(__name__)

# The usual interval between calls, and the shortest.
EVERY_S = 1.0
LEAST_S = 0.02

# Called with the ids of the topics; returns after how many seconds to call it again if that is
# sooner than usual, else None.
Watch = Callable[[Sequence[str]], float | None]
# Called with the ids of the topics that have no local subscribers any more.
Left = Callable[[Sequence[str]], object]
_watches: list[tuple[str, Watch]] = []
_lefts: list[tuple[str, Left]] = []


def register(kind: str, watch: Watch) -> None:
    """Call `watch` about every second while topics of `kind` have local subscribers."""
    _watches.append((kind, watch))


def register_left(kind: str, left: Left) -> None:
    """Call `left` about a second after the last local subscriber of a topic of `kind` has left."""
    _lefts.append((kind, left))


class Watcher:
    """Runs one process's watchers. `topics` are those with local subscribers."""

    def __init__(self, topics: Collection[Topic]) -> None:
        self._topics = topics
        self._left: set[Topic] = set()

    def left(self, topic: Topic) -> None:
        """Note that a topic has no local subscribers at the moment."""
        if any(topic.startswith(f"{kind}/") for kind, _ in _lefts):
            self._left.add(topic)

    async def run(self) -> None:
        """Call the watchers, until cancelled."""
        failing = False
        waiting: set[Topic] = set()
        while True:
            wait = EVERY_S
            try:
                # A page that reloads has subscribed again by the next round.
                gone = {topic for topic in waiting if topic not in self._topics}
                for kind, left in _lefts:
                    if ids := _ids(kind, gone):
                        await in_thread(left, ids)
                waiting, self._left = self._left, set()
                wait = await self._watch()
                failing = False
            except Exception as error:
                if not failing:
                    logger.warning(
                        "A topic watcher failed; trying again", exc_info=has_trace(error)
                    )
                failing = True
            await asyncio.sleep(wait)

    async def _watch(self) -> float:
        wait = EVERY_S
        for kind, watch in _watches:
            if ids := _ids(kind, self._topics):
                soon = await in_thread(watch, ids)
                wait = wait if soon is None else min(wait, max(soon, LEAST_S))
        return wait


def _ids(kind: str, topics: Collection[Topic]) -> list[str]:
    prefix = f"{kind}/"
    return [topic[len(prefix) :] for topic in topics if topic.startswith(prefix)]
