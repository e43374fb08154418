"""Receives hints: one channel per shard, in the group of every topic with local subscribers.

No session waits for a Redis subscription: it has joined its feed and read the log before, and the
hub compares the topic with the log once more when the subscription is established.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from realtime.cluster import hints
from realtime.cluster.redis_health import RedisHealth
from realtime.cluster.shards import group_channel, open_layers, shard_of
from realtime.protocol.messages import Topic
from realtime.tasks import run_together

logger = logging.getLogger(__name__)

LAYER = "default"
# Timeout of one SUBSCRIBE; beyond it Redis counts as away.
SUBSCRIBE_S = 5.0
RETRY_S = 1.0
# The channel layer sends SUBSCRIBE without waiting for Redis to process it.
SETTLE_S = 0.1


class _ShardReceiver:
    """Receives from one shard: passes messages to `dispatch`, newly followed topics to `check`."""

    def __init__(
        self,
        *,
        origin: str,
        layer: Any,
        health: RedisHealth,
        dispatch: Callable[[Mapping[str, Any]], None],
        check: Callable[[Iterable[Topic]], None],
    ) -> None:
        self._origin = origin
        self._layer = layer
        self._health = health
        self._dispatch = dispatch
        self._check = check
        self._channel: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._changes: dict[Topic, bool] = {}
        self._changed = asyncio.Event()

    def change(self, topic: Topic, *, wanted: bool) -> None:
        self._changes[topic] = wanted
        self._changed.set()

    async def run_subscriptions(self) -> None:
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
        channel = await self._channel
        while True:
            try:
                self._dispatch(await self._layer.receive(channel))
            except Exception:
                # At worst a hint of another version, whose events are in the log anyway.
                logger.warning("A hint could not be read", exc_info=True)
                await asyncio.sleep(RETRY_S)

    async def _open(self) -> str:
        while True:
            try:
                async with asyncio.timeout(SUBSCRIBE_S):
                    channel: str = await self._layer.new_channel()
                    # On every shard, so that these groups are received while any shard is away.
                    await self._layer.group_add(hints.EVERY_HUB, channel)
                    mine = hints.group_of_instance(self._origin)
                    await self._layer.group_add(mine, channel)
                    return channel
            except Exception as error:
                self._health.failed(error)
                await asyncio.sleep(RETRY_S)


class HintReceiver:
    """Follows topics for the hub. `health` has one entry per shard. For one event loop only."""

    def __init__(
        self,
        *,
        origin: str,
        health: Sequence[RedisHealth],
        dispatch: Callable[[Mapping[str, Any]], None],
        check: Callable[[Iterable[Topic]], None],
    ) -> None:
        self._shards = [
            _ShardReceiver(
                origin=origin, layer=layer, health=its_health, dispatch=dispatch, check=check
            )
            for layer, its_health in zip(open_layers(LAYER), health, strict=True)
        ]

    def follow(self, topic: Topic) -> None:
        """Start to receive the topic's hints, asynchronously."""
        self._of(topic).change(topic, wanted=True)

    def forget(self, topic: Topic) -> None:
        """Stop receiving the topic's hints, asynchronously."""
        self._of(topic).change(topic, wanted=False)

    async def run_subscriptions(self) -> None:
        """Apply `follow` and `forget` to the channel layer, until cancelled."""
        await run_together(shard.run_subscriptions() for shard in self._shards)

    async def run(self) -> None:
        """Dispatch what other processes send, until cancelled."""
        await run_together(shard.run() for shard in self._shards)

    def _of(self, topic: Topic) -> _ShardReceiver:
        channel = group_channel(LAYER, hints.group_of(topic))
        return self._shards[shard_of(channel, len(self._shards))]
