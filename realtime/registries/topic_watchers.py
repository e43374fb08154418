"""Work that an app has to do while somebody here is looking at topics of a kind, and after that.

Filled in `AppConfig.ready()`. Whatever is done must be safe when several instances do it at once.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence

from realtime.database.executor import in_thread
from realtime.database.health import has_trace
from realtime.protocol.messages import Topic

logger = logging.getLogger(__name__)

# How often it is asked whether there is something to do, and the least time between two askings.
EVERY_S = 1.0
LEAST_S = 0.02

# Is given the ids of the topics; returns in how many seconds it would like to be called again, if
# that is sooner than usual.
Watch = Callable[[Sequence[str]], float | None]
# Is given the ids of the topics to which nobody here is subscribed any longer.
Left = Callable[[Sequence[str]], object]
_watches: list[tuple[str, Watch]] = []
_lefts: list[tuple[str, Left]] = []


def register(kind: str, watch: Watch) -> None:
    """Call `watch` about every second while somebody here is subscribed to topics of a kind."""
    _watches.append((kind, watch))


def register_left(kind: str, left: Left) -> None:
    """Call `left` when the last one here has been gone for about a second."""
    _lefts.append((kind, left))


class Watcher:
    """One process's. `topics` are those with subscribers here."""

    def __init__(self, topics: Collection[Topic]) -> None:
        self._topics = topics
        self._left: set[Topic] = set()

    def left(self, topic: Topic) -> None:
        """The last subscriber here is gone, for the moment."""
        if any(topic.startswith(f"{kind}/") for kind, _ in _lefts):
            self._left.add(topic)

    async def run(self) -> None:
        """Do what is due, for as long as the process lives."""
        failing = False
        waiting: set[Topic] = set()
        while True:
            wait = EVERY_S
            try:
                # A page that reloads is back by the next time round.
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
                        "What is due could not be done; trying again", exc_info=has_trace(error)
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
