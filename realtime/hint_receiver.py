"""Receives hints: one channel per process, in the group of every topic with local subscribers.

Nobody waits for a subscription to Redis: a session has joined its feed and read the log before,
and the log is compared once more when the subscription stands.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from channels.layers import get_channel_layer

from realtime import hints
from realtime.health import RedisHealth
from realtime.messages import Publication, State, Topic
from realtime.principal import Eviction

logger = logging.getLogger(__name__)

LAYER = "default"
# One SUBSCRIBE; more than this, and Redis is as good as away.
SUBSCRIBE_S = 5.0
RETRY_S = 1.0
# The layer sends SUBSCRIBE and does not wait for Redis to have taken it.
SETTLE_S = 0.1


class HintReceiver:
    """Follows topics on behalf of the hub. One loop's only."""

    def __init__(
        self,
        *,
        origin: str,
        health: RedisHealth,
        accept: Callable[[Iterable[Publication]], None],
        evict: Callable[[Eviction], None],
        check: Callable[[Iterable[Topic]], None],
        relayed: Callable[[str, Mapping[str, Any]], None] | None = None,
        tell: Callable[[Iterable[State]], None] | None = None,
        nudged: Callable[[Iterable[Topic]], None] | None = None,
    ) -> None:
        self._origin = origin
        self._clocks = hints.Clocks()
        self._health = health
        self._accept = accept
        self._evict = evict
        self._check = check
        self._relayed = relayed
        self._tell = tell
        self._nudged = nudged
        self._layer: Any = get_channel_layer(LAYER)
        self._channel: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._changes: dict[Topic, bool] = {}
        self._changed = asyncio.Event()

    def follow(self, topic: Topic) -> None:
        """Have the topic's hints, soon."""
        self._changes[topic] = True
        self._changed.set()

    def forget(self, topic: Topic) -> None:
        """Have them no longer."""
        self._changes[topic] = False
        self._changed.set()

    async def run_subscriptions(self) -> None:
        """Keep the groups as `follow` and `forget` ask, for as long as the process lives."""
        channel = await self._open()
        self._channel.set_result(channel)
        while True:
            await self._changed.wait()
            self._changed.clear()
            followed = []
            while self._changes:
                topic, wanted = self._changes.popitem()
                change = self._layer.group_add if wanted else self._layer.group_discard
                try:
                    async with asyncio.timeout(SUBSCRIBE_S):
                        await change(hints.group_of(topic), channel)
                except Exception as error:
                    self._health.failed(error)
                    self._changes.setdefault(topic, wanted)
                    await asyncio.sleep(RETRY_S)
                else:
                    if wanted:
                        followed.append(topic)
            asyncio.get_running_loop().call_later(SETTLE_S, self._check, followed)

    async def run(self) -> None:
        """Pass on what other processes tell, for as long as the process lives."""
        channel = await self._channel
        while True:
            try:
                message = await self._layer.receive(channel)
                if message.get("origin") == self._origin:
                    continue
                if "relay" in message:
                    if self._relayed is not None:
                        self._relayed(message["origin"], message["relay"])
                    continue
                publications, evictions = hints.read(message)
                if self._tell is not None:
                    told = hints.read_signals(message, self._clocks, time.time())
                    if told:
                        self._tell(told)
                if self._nudged is not None and (topics := hints.read_nudges(message)):
                    self._nudged(topics)
            except Exception:
                # Another version's hint, at worst: the log has what it told.
                logger.warning("A hint could not be read", exc_info=True)
                await asyncio.sleep(RETRY_S)
                continue
            self._accept(publications)
            for eviction in evictions:
                self._evict(eviction)

    async def _open(self) -> str:
        while True:
            try:
                async with asyncio.timeout(SUBSCRIBE_S):
                    channel: str = await self._layer.new_channel()
                    await self._layer.group_add(hints.EVERY_HUB, channel)
                    mine = hints.group_of_instance(self._origin)
                    await self._layer.group_add(mine, channel)
                    return channel
            except Exception as error:
                self._health.failed(error)
                await asyncio.sleep(RETRY_S)
