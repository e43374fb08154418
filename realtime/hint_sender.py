"""Sends hints: one task on the process's loop, bounded in time and in number.

A frozen Redis must not hold, nor a dead one fail, a request whose transaction has committed.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import redis
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_redis.utils import _consistent_hash
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime import hints, metrics
from realtime.health import RedisHealth
from realtime.messages import Publication, Shout, State, Topic
from realtime.principal import Eviction

logger = logging.getLogger(__name__)

PUBLISH_LAYER = "publish"
# One send; an answer that takes longer helps nobody, as the others read the log by then.
SEND_S = 2.0
# All sends of one commit of a process without a loop, which nobody else could do them for: a Redis
# that is slow, and not dead, would take the time of one for each of them.
ALL_S = 2.0
# Hints that may wait; beyond it the oldest are dropped, and the log has them.
QUEUE = 10_000


class HintSender:
    """`origin` names this process, which needs no wake-up of its own."""

    def __init__(self, *, origin: str, health: RedisHealth) -> None:
        self._origin = origin
        self._health = health
        self._layer: Any = get_channel_layer(PUBLISH_LAYER)
        self._queue: deque[tuple[str, dict[str, Any]]] = deque(maxlen=QUEUE)
        self._waiting = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def put(self, publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
        """Queue what one commit has to tell. Never waits, never fails."""
        if self._health.may_try():
            self._queue.extend(hints.messages(self._origin, publications, evictions))
            self._idle.clear()
            self._waiting.set()
        else:
            metrics.HINTS_LOST.inc()

    def signal(self, states: Sequence[State]) -> None:
        """Queue unlogged facts. Never waits, never fails."""
        self._put(hints.signals(self._origin, states, time.time()))

    def shout(self, told: Sequence[Shout]) -> None:
        """Queue unlogged facts of several topics each. Never waits, never fails."""
        self._put(hints.shouts(self._origin, told, time.time()))

    def nudge(self, topics: Sequence[Topic]) -> None:
        """Queue that other instances are to look who is looking."""
        self._put(hints.nudges(self._origin, topics))

    def _put(self, messages: Iterable[tuple[str, dict[str, Any]]]) -> None:
        if self._health.may_try():
            self._queue.extend(messages)
            self._idle.clear()
            self._waiting.set()

    def relay(self, instance: str, body: Mapping[str, Any]) -> bool:
        """Queue a message to one instance. False: Redis is away, and nobody can be reached."""
        if not self._health.may_try():
            return False
        message = hints.relayed(self._origin, body)
        self._queue.append((hints.group_of_instance(instance), message))
        self._idle.clear()
        self._waiting.set()
        return True

    async def run(self) -> None:
        """Send what is queued, for as long as the process lives."""
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            while self._queue:
                group, message = self._queue.popleft()
                if not self._health.may_try():
                    metrics.HINTS_LOST.inc()
                    continue
                try:
                    async with asyncio.timeout(SEND_S):
                        await self._layer.group_send(group, message)
                except Exception as error:
                    metrics.HINTS_LOST.inc()
                    self._health.failed(error)
                else:
                    self._health.succeeded()
            self._idle.set()

    async def flushed(self) -> None:
        """Wait until nothing is queued: a process that stops still tells its last commits."""
        await self._idle.wait()


def send_now(
    publications: Sequence[Publication],
    evictions: Sequence[Eviction],
    shouts: Sequence[Shout] = (),
) -> None:
    """For processes without a loop (commands, workers): tell the others by a plain client.

    Speaks the format of channels_redis's pub/sub layer; tests/realtime holds the two together.
    """
    layer = get_channel_layer(PUBLISH_LAYER)
    if not isinstance(layer, RedisPubSubChannelLayer):
        return  # embedded: nobody else to wake up
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    prefix = layers[PUBLISH_LAYER]["CONFIG"]["prefix"]
    urls = settings.REDIS_URLS
    clients = [
        redis.Redis.from_url(
            url,
            socket_timeout=SEND_S,
            socket_connect_timeout=SEND_S,
            # Once: a client that is made in another way than from a URL tries three times more.
            retry=Retry(NoBackoff(), 0),
        )
        for url in urls
    ]
    until = time.monotonic() + ALL_S
    try:
        logged = hints.messages("", publications, evictions)
        for group, message in (*logged, *hints.shouts("", shouts, time.time())):
            if time.monotonic() >= until:
                logger.warning("Redis is slow: instances read the rest from the log")
                break
            channel = f"{prefix}__group__{group}"
            shard = clients[_consistent_hash(channel, len(clients))]
            shard.publish(channel, layer.serialize(message))
    except (OSError, redis.ConnectionError, redis.TimeoutError) as error:
        logger.warning("Redis is away (%s): instances read the log instead", error)
    except Exception:
        logger.warning("Redis did not take a hint: instances read the log instead", exc_info=True)
    finally:
        for client in clients:
            client.close()
