"""Sends hints: a bounded queue and a task for each shard, with a timeout for each send.

A frozen or dead Redis must not delay or fail a request whose transaction has committed, and hints
for one shard must not wait for another shard.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import redis
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime import metrics
from realtime.cluster import hints
from realtime.cluster.redis_health import RedisHealth
from realtime.cluster.shards import group_channel, open_layers, shard_of
from realtime.conf import conf
from realtime.protocol.messages import (
    EphemeralBroadcast,
    Publication,
    State,
    Topic,
)
from realtime.protocol.principal import Eviction
from realtime.tasks import run_together

logger = logging.getLogger(__name__)

PUBLISH_LAYER = "publish"
# Timeout of one send; after a longer wait the other instances have read the log anyway.
SEND_S = 2.0
# Timeout of all sends of one commit to one shard in a process without an event loop, where the
# caller waits for them: with a slow Redis each send could take up to its own timeout.
ALL_S = 2.0
# Queued hints per shard; beyond it the oldest are dropped, as the log has their events.
QUEUE = 10_000

Message = dict[str, Any]
# The channel, the serialized message, and the channel for the same on any other shard.
_Encoded = tuple[str, bytes, str]


class _ShardSender:
    """The queue of one shard. `unsent` is called with messages that could not be sent."""

    def __init__(
        self,
        number: int,
        layer: Any,
        health: RedisHealth,
        unsent: Callable[["_ShardSender", str, Message], None],
    ) -> None:
        self.health = health
        self._layer = layer
        self._unsent = unsent
        self._queue: deque[tuple[str, Message]] = deque(maxlen=QUEUE)
        self._waiting = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        metrics.HINTS_WAITING.labels(str(number)).set_function(self._queue.__len__)

    def put(self, group: str, message: Message) -> None:
        self._queue.append((group, message))
        self._idle.clear()
        self._waiting.set()

    async def run(self) -> None:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            while self._queue:
                group, message = self._queue.popleft()
                if not self.health.may_try() or not await self._sent(group, message):
                    self._unsent(self, group, message)
            self._idle.set()

    async def _sent(self, group: str, message: Message) -> bool:
        try:
            async with asyncio.timeout(SEND_S):
                await self._layer.group_send(group, message)
        except Exception as error:
            self.health.failed(error)
            return False
        self.health.succeeded()
        return True

    async def flushed(self) -> None:
        await self._idle.wait()


class HintSender:
    """Sends hints to the other instances.

    `origin` names this process, which ignores its own hints; `health` has one entry per shard.
    """

    def __init__(self, *, origin: str, health: Sequence[RedisHealth]) -> None:
        self._origin = origin
        self._shards = [
            _ShardSender(number, layer, its_health, self._unsent)
            for number, (layer, its_health) in enumerate(
                zip(open_layers(PUBLISH_LAYER), health, strict=True), 1
            )
        ]

    def put(self, publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
        """Queue the hints of one commit. Never blocks or raises."""
        self._put(hints.messages(self._origin, publications, evictions))

    def put_states(self, states: Sequence[State]) -> None:
        """Queue unlogged states. Never blocks or raises."""
        self._put(hints.state_hints(self._origin, states, time.time()))

    def put_broadcasts(self, broadcasts: Sequence[EphemeralBroadcast]) -> None:
        """Queue unlogged states of several topics each. Never blocks or raises."""
        self._put(hints.broadcast_hints(self._origin, broadcasts, time.time()))

    def send_refresh(self, topics: Sequence[Topic]) -> None:
        """Queue a request to other instances to read the presence of these topics again."""
        self._put(hints.refresh_hints(self._origin, topics))

    def relay(self, instance: str, body: Mapping[str, Any]) -> bool:
        """Queue a message to one instance. Returns False if Redis is away."""
        return self._queued(hints.group_of_instance(instance), hints.relayed(self._origin, body))

    async def run(self) -> None:
        """Send what is queued, until cancelled."""
        await run_together(shard.run() for shard in self._shards)

    async def flushed(self) -> None:
        """Wait until the queues are empty, so that the last commits are announced."""
        await asyncio.gather(*(shard.flushed() for shard in self._shards))

    def _put(self, messages: Iterable[tuple[str, Message]]) -> None:
        for group, message in messages:
            self._queued(group, message)

    def _queued(self, group: str, message: Message) -> bool:
        own = self._shards[shard_of(group_channel(PUBLISH_LAYER, group), len(self._shards))]
        if own.health.away and self._detoured(own, group, message):
            return True
        if not own.health.may_try():
            metrics.HINTS_LOST.inc()
            return False
        own.put(group, message)
        return True

    def _unsent(self, shard: _ShardSender, group: str, message: Message) -> None:
        if not self._detoured(shard, group, message):
            metrics.HINTS_LOST.inc()

    def _detoured(self, past: _ShardSender, group: str, message: Message) -> bool:
        """Queue the message at another shard that answers; return whether there is one."""
        for shard in self._shards:
            if shard is not past and not shard.health.away:
                shard.put(hints.detour_of(group), message)
                return True
        return False


def send_now(
    publications: Sequence[Publication],
    evictions: Sequence[Eviction],
    broadcasts: Sequence[EphemeralBroadcast] = (),
) -> None:
    """Send hints from a process without an event loop (commands, workers), by a synchronous client.

    Uses the wire format of channels_redis's pub/sub layer; tests/realtime checks that they agree.
    """
    layer = get_channel_layer(PUBLISH_LAYER)
    if not isinstance(layer, RedisPubSubChannelLayer):
        return  # embedded: there is no other process
    urls: Sequence[str] = conf().redis_urls
    todo: list[list[_Encoded]] = [[] for _ in urls]
    logged = hints.messages("", publications, evictions)
    for group, message in (*logged, *hints.broadcast_hints("", broadcasts, time.time())):
        channel = group_channel(PUBLISH_LAYER, group)
        detour = group_channel(PUBLISH_LAYER, hints.detour_of(group))
        todo[shard_of(channel, len(urls))].append((channel, layer.serialize(message), detour))
    numbers = [number for number, messages in enumerate(todo) if messages]
    if len(numbers) == 1:
        unsent = {numbers[0]: _send_to_shard(urls[numbers[0]], todo[numbers[0]])}
    else:
        # In parallel, so that a hanging shard does not delay the others.
        with ThreadPoolExecutor(max_workers=max(1, len(numbers))) as pool:
            sending = {n: pool.submit(_send_to_shard, urls[n], todo[n]) for n in numbers}
        unsent = {number: each.result() for number, each in sending.items()}
    left = [(detour, text, detour) for messages in unsent.values() for _, text, detour in messages]
    for number, url in enumerate(urls):
        if left and not unsent.get(number):
            left = _send_to_shard(url, left)


def _send_to_shard(url: str, messages: Sequence[_Encoded]) -> list[_Encoded]:
    """Return the messages that were not sent."""
    client = redis.Redis.from_url(
        url,
        socket_timeout=SEND_S,
        socket_connect_timeout=SEND_S,
        # No retries: redis-py would otherwise retry three times.
        retry=Retry(NoBackoff(), 0),
    )
    until = time.monotonic() + ALL_S
    sent = 0
    try:
        for channel, text, _ in messages:
            if time.monotonic() >= until:
                logger.warning("Redis is slow: instances read the rest from the log")
                break
            client.publish(channel, text)
            sent += 1
    except (OSError, redis.ConnectionError, redis.TimeoutError) as error:
        logger.warning("Redis is away (%s): instances read the log instead", error)
    except Exception:
        logger.warning("Redis refused a hint: instances read the log instead", exc_info=True)
    finally:
        client.close()
    return list(messages[sent:])
