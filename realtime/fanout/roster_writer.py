"""Writes this instance's connections to Redis for the roster (realtime/cluster/roster.py)."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from redis.asyncio import Redis

from realtime.cluster.redis_health import RedisHealth
from realtime.cluster.roster import Listed, RosterKeys, pack
from realtime.conf import conf
from realtime.fanout.hub import LocalConnection

logger = logging.getLogger(__name__)

# Maximum age of the roster. Ten thousand connections are 1 MB and 30 ms of CPU time.
WRITE_S = 2.0
# Connections listed before the event loop gets a turn, and written as one value: about 1 ms.
CHUNK = 500
# The rows of a killed instance expire after this; its heartbeat has expired long before.
KEEP_S = 60
FORGET_S = 24 * 3600


async def list_connections(
    connections: Iterable[LocalConnection], *, instance: str
) -> list[Listed]:
    """Return the roster's entries for these connections, without those that are closing."""
    listed = []
    behind = time.time() - time.monotonic()
    for number, each in enumerate(connections, 1):
        if each.closing is not None:
            continue
        listed.append(
            Listed(
                connection_id=each.connection_id,
                user_id=each.principal.user_id,
                username=each.principal.username,
                transport=each.transport,
                instance=instance,
                since=round(each.since.timestamp(), 3),
                seen=round(behind + each.seen, 3) if each.is_bidirectional else None,
                login_id=each.principal.login_id,
            )
        )
        if not number % CHUNK:
            await asyncio.sleep(0)
    return listed


class RosterWriter:
    """Writes what `list_connections` returns. For one event loop only."""

    def __init__(
        self,
        *,
        keys: RosterKeys,
        instance: str,
        health: RedisHealth,
        list_connections: Callable[[], Awaitable[Sequence[Listed]]],
    ) -> None:
        self._keys = keys
        self._instance = instance
        self._health = health
        self._list_local = list_connections
        self._client: Any = Redis.from_url(keys.url, socket_timeout=2, socket_connect_timeout=2)

    async def run(self) -> None:
        """Write every few seconds, until cancelled."""
        while True:
            if self._health.may_try():
                try:
                    # It may be a megabyte, and no request waits for it.
                    async with asyncio.timeout(2 * conf().redis_wait_s):
                        await self.write()
                except Exception as error:
                    # Not reported to `health`: the roster is the largest and least important use of
                    # Redis and must not stop the others.
                    logger.debug("The roster was not written: %r", error)
            await asyncio.sleep(WRITE_S)

    async def close(self) -> None:
        """Remove this instance's entries."""
        try:
            async with asyncio.timeout(2 * conf().redis_wait_s):
                pipe = self._client.pipeline()
                pipe.delete(self._keys.of(self._instance))
                pipe.zrem(self._keys.index, self._instance)
                await pipe.execute()
                await self._client.aclose()
        except Exception as error:
            logger.debug("The roster was not removed: %r", error)

    async def write(self) -> None:
        """Write once."""
        listed = await self._list_local()
        chunks = {}
        for start in range(0, len(listed), CHUNK):
            chunks[str(start // CHUNK)] = pack(listed[start : start + CHUNK])
            await asyncio.sleep(0)
        now, key = time.time(), self._keys.of(self._instance)
        # A transaction, so that no reader sees half of it.
        pipe = self._client.pipeline()
        pipe.delete(key)
        if chunks:
            pipe.hset(key, mapping=chunks)
            pipe.expire(key, KEEP_S)
        pipe.zadd(self._keys.index, {self._instance: now})
        pipe.zremrangebyscore(self._keys.index, 0, now - FORGET_S)
        await pipe.execute()
