"""Counts the connections of a user over all instances.

A connection's lease belongs to an instance, whose heartbeat in Redis expires 5 s after it died: a
dead instance's leases do not count. While Redis is away, each instance counts its own.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from realtime.cluster.redis_client import open_client
from realtime.cluster.redis_health import RedisHealth
from realtime.cluster.shards import shard_of
from realtime.conf import conf
from realtime.tasks import run_together

logger = logging.getLogger(__name__)

# A killed instance's connections stop counting after this time.
INSTANCE_TTL_MS = 5_000
# Three heartbeats per lifetime, so one may be lost.
HEARTBEAT_S = 1.5
# Leases that killed instances left behind expire after this time, if the user never reconnects.
FORGET_S = 7 * 24 * 3600

_ACQUIRE = """
local key, mine, instance = KEYS[1], ARGV[1], ARGV[2]
local limit, old, beat = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local held = redis.call('HGETALL', key)
local live = 0
for i = 1, #held, 2 do
  local connection, owner = held[i], held[i + 1]
  if connection == old or (owner ~= instance and redis.call('EXISTS', beat .. owner) == 0) then
    redis.call('HDEL', key, connection)
  elseif connection ~= mine then
    live = live + 1
  end
end
if live >= limit then return 0 end
redis.call('HSET', key, mine, instance)
redis.call('EXPIRE', key, ARGV[6])
return 1
"""


def connections_key(prefix: str, user_id: int) -> str:
    """Return the key of the user's connections, by which its shard is chosen."""
    return f"{prefix}:connections:{user_id}"


def heartbeat_key(prefix: str, instance: str) -> str:
    """Return the key that every shard has while the instance lives, and up to 5 s longer."""
    return f"{prefix}:instance:{instance}"


class Leases(Protocol):
    """Decides whether a user may open one more connection."""

    async def acquire(self, user_id: int, connection_id: str, replaces: str | None) -> bool:
        """Count one more connection, in place of `replaces` if the user holds that one."""
        ...

    async def release(self, user_id: int, connection_id: str) -> None:
        """Stop counting a connection; does nothing if it is not counted."""
        ...

    async def run(self) -> None:
        """Keep the leases alive, until cancelled."""
        ...

    async def close(self) -> None:
        """Release all leases."""
        ...


class LocalLeases:
    """The leases of one process, in memory."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._held: dict[int, set[str]] = {}

    async def acquire(self, user_id: int, connection_id: str, replaces: str | None) -> bool:
        if len(self._held.get(user_id, set()) - {replaces, connection_id}) >= self._limit:
            return False
        self.note(user_id, connection_id, replaces)
        return True

    def note(self, user_id: int, connection_id: str, replaces: str | None) -> None:
        """Count a connection that has been allowed elsewhere."""
        held = self._held.setdefault(user_id, set())
        held.discard(replaces or "")
        held.add(connection_id)

    async def release(self, user_id: int, connection_id: str) -> None:
        held = self._held.get(user_id)
        if held is not None:
            held.discard(connection_id)
            if not held:
                del self._held[user_id]

    async def run(self) -> None:
        """Do nothing: leases in memory do not expire."""

    async def close(self) -> None:
        """Do nothing: the leases end with the process."""

    def items(self) -> Iterable[tuple[int, str]]:
        """Return (user, connection) of all leases."""
        return [(user, connection) for user, held in self._held.items() for connection in held]


class RedisLeases:
    """The deployment's leases in one Redis server; while it is away, the process's own."""

    def __init__(
        self, *, url: str, instance: str, limit: int, health: RedisHealth, prefix: str
    ) -> None:
        self._instance = instance
        self._limit = limit
        self._health = health
        self._prefix = prefix
        self._local = LocalLeases(limit=limit)
        # Leases whose release did not reach Redis.
        self._orphans: list[tuple[str, str]] = []
        # Whether leases were granted while Redis was away, and must still be written there.
        self._unwritten = False
        self._client: Any = open_client(url)

    def _key(self, user_id: int) -> str:
        return connections_key(self._prefix, user_id)

    async def acquire(self, user_id: int, connection_id: str, replaces: str | None) -> bool:
        key = self._key(user_id)
        heartbeat = heartbeat_key(self._prefix, "")
        if self._health.may_try():
            try:
                async with asyncio.timeout(conf().redis_wait_s):
                    allowed = await self._client.eval(
                        _ACQUIRE,
                        1,
                        key,
                        connection_id,
                        self._instance,
                        self._limit,
                        replaces or "",
                        heartbeat,
                        FORGET_S,
                    )
            except Exception as error:
                self._health.failed(error)
            else:
                self._health.succeeded()
                if allowed:
                    self._local.note(user_id, connection_id, replaces)
                return bool(allowed)
        allowed = await self._local.acquire(user_id, connection_id, replaces)
        if allowed:
            self._unwritten = True
        else:
            # Redis may still execute a call that has timed out.
            self._orphans.append((key, connection_id))
        return allowed

    async def release(self, user_id: int, connection_id: str) -> None:
        await self._local.release(user_id, connection_id)
        key = self._key(user_id)
        if self._health.may_try():
            try:
                async with asyncio.timeout(conf().redis_wait_s):
                    await self._client.hdel(key, connection_id)
            except Exception as error:
                # The lease would count until this instance restarts, so `run` removes it later.
                self._health.failed(error)
                self._orphans.append((key, connection_id))
        else:
            self._orphans.append((key, connection_id))

    async def run(self) -> None:
        """Send heartbeats, and write all leases anew where Redis has lost them, until cancelled."""
        while True:
            if self._health.may_try():
                unwritten, self._unwritten = self._unwritten, False
                try:
                    async with asyncio.timeout(2 * conf().redis_wait_s):
                        await self._heartbeat(rewrite=unwritten)
                        await self._drop_orphans()
                except Exception as error:
                    self._unwritten = self._unwritten or unwritten
                    self._health.failed(error)
                else:
                    self._health.succeeded()
            await asyncio.sleep(HEARTBEAT_S)

    async def _heartbeat(self, *, rewrite: bool) -> None:
        name = heartbeat_key(self._prefix, self._instance)
        known = await self._client.set(name, "1", px=INSTANCE_TTL_MS, get=True)
        if known is None or rewrite:
            # The first heartbeat; or Redis has lost the key, and other instances may have dropped
            # our leases.
            written = list(self._local.items())
            pipe = self._client.pipeline(transaction=False)
            for user_id, connection_id in written:
                pipe.hset(self._key(user_id), connection_id, self._instance)
            await pipe.execute()
            # A lease that was released meanwhile may have been written after its removal.
            held = set(self._local.items())
            self._orphans += [
                (self._key(user), one) for user, one in written if (user, one) not in held
            ]

    async def _drop_orphans(self) -> None:
        while self._orphans:
            key, connection_id = self._orphans[-1]
            await self._client.hdel(key, connection_id)
            self._orphans.pop()

    async def close(self) -> None:
        """Let the instance's leases end now, not in 5 s."""
        try:
            async with asyncio.timeout(conf().redis_wait_s):
                await self._client.delete(heartbeat_key(self._prefix, self._instance))
                await self._client.aclose()
        except Exception as error:
            self._health.failed(error)


class ShardedLeases:
    """The deployment's leases over several Redis servers, each with its share of the users."""

    def __init__(self, shards: Sequence[Leases], *, prefix: str) -> None:
        self._shards = shards
        self._prefix = prefix

    def _of(self, user_id: int) -> Leases:
        return self._shards[shard_of(connections_key(self._prefix, user_id), len(self._shards))]

    async def acquire(self, user_id: int, connection_id: str, replaces: str | None) -> bool:
        return await self._of(user_id).acquire(user_id, connection_id, replaces)

    async def release(self, user_id: int, connection_id: str) -> None:
        await self._of(user_id).release(user_id, connection_id)

    async def run(self) -> None:
        await run_together(shard.run() for shard in self._shards)

    async def close(self) -> None:
        await asyncio.gather(*(shard.close() for shard in self._shards))
