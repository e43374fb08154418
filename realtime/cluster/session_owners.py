"""Ownership of keys: each key (a SockJS session) belongs to at most one instance.

A key belongs to an instance until the instance's heartbeat expires. While Redis is away, ownership
cannot be looked up: each instance then knows only its own keys.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Protocol

from realtime.cluster.redis_client import open_client
from realtime.cluster.redis_health import RedisHealth
from realtime.cluster.shards import shard_of
from realtime.conf import conf
from realtime.tasks import run_together

# A killed instance's keys are free after this time.
ALIVE_TTL_MS = 5_000
# Three heartbeats per lifetime, so one may be lost.
HEARTBEAT_S = 1.5
# Keys are renewed long before they expire, and those of a killed instance expire by themselves.
KEY_TTL_S = 90
RENEW_S = 30.0
# Keys per pipeline.
CHUNK = 1_000

_CLAIM = """
redis.call('SET', ARGV[1] .. ARGV[2], '1', 'PX', ARGV[3])
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[2] and redis.call('EXISTS', ARGV[1] .. owner) == 1 then
  return owner
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[4])
return ARGV[2]
"""
_FIND = """
local owner = redis.call('GET', KEYS[1])
if owner and redis.call('EXISTS', ARGV[1] .. owner) == 1 then return owner end
return false
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


def name_of(prefix: str, key: str) -> str:
    """Return the Redis key, by which its shard is chosen."""
    return f"{prefix}:owned:{key}"


class Owners(Protocol):
    """Claims and finds owners. Instances are named by `Runtime.instance`."""

    async def claim(self, key: str) -> str:
        """Claim the key; return its owner, which is this instance unless another has it."""
        ...

    async def find(self, key: str) -> str | None:
        """Return the key's owner, if it has one that is alive."""
        ...

    async def release(self, key: str) -> None:
        """Give the key up."""
        ...

    async def alive(self, instance: str) -> bool | None:
        """Return whether an instance is alive; None if that cannot be determined now."""
        ...

    async def run(self) -> None:
        """Keep the owned keys, until cancelled."""
        ...

    async def close(self) -> None:
        """Give all keys up."""
        ...


class LocalOwners:
    """For a single process, which owns every key."""

    def __init__(self, instance: str) -> None:
        self._instance = instance

    async def claim(self, key: str) -> str:
        return self._instance

    async def find(self, key: str) -> str | None:
        return None

    async def release(self, key: str) -> None:
        """Do nothing: there is no other instance."""

    async def alive(self, instance: str) -> bool | None:
        return None

    async def run(self) -> None:
        """Do nothing: keys do not expire here."""

    async def close(self) -> None:
        """Do nothing: there is no other instance."""


class RedisOwners:
    """The deployment's owners, in one Redis server."""

    def __init__(self, *, url: str, instance: str, health: RedisHealth, prefix: str) -> None:
        self._instance = instance
        self._health = health
        self._prefix = prefix
        self._alive = f"{prefix}:owner:"
        self._owned: set[str] = set()
        self._renewed = time.monotonic()
        self._client: Any = open_client(url, decode_responses=True)

    async def claim(self, key: str) -> str:
        arguments = [self._alive, self._instance, ALIVE_TTL_MS, KEY_TTL_S]
        owner = await self._ask(_CLAIM, key, arguments) or self._instance
        if owner == self._instance:
            self._owned.add(key)
        return owner

    async def find(self, key: str) -> str | None:
        return await self._ask(_FIND, key, [self._alive])

    async def release(self, key: str) -> None:
        self._owned.discard(key)
        await self._ask(_RELEASE, key, [self._instance])

    async def alive(self, instance: str) -> bool | None:
        if not self._health.may_try():
            return None
        try:
            async with asyncio.timeout(conf().redis_wait_s):
                return bool(await self._client.exists(self._alive + instance))
        except Exception as error:
            self._health.failed(error)
            return None

    async def run(self) -> None:
        while True:
            if self._health.may_try():
                try:
                    async with asyncio.timeout(4 * conf().redis_wait_s):
                        await self._heartbeat()
                except Exception as error:
                    self._health.failed(error)
                else:
                    self._health.succeeded()
            await asyncio.sleep(HEARTBEAT_S)

    async def close(self) -> None:
        try:
            async with asyncio.timeout(conf().redis_wait_s):
                await self._client.delete(self._alive + self._instance)
                await self._client.aclose()
        except Exception as error:
            self._health.failed(error)

    async def _heartbeat(self) -> None:
        name = self._alive + self._instance
        known = await self._client.set(name, "1", px=ALIVE_TTL_MS, get=True)
        now = time.monotonic()
        # None: the first heartbeat, or Redis has lost its data.
        if known is None or now - self._renewed >= RENEW_S:
            mine = list(self._owned)
            for start in range(0, len(mine), CHUNK):
                pipe = self._client.pipeline(transaction=False)
                for key in mine[start : start + CHUNK]:
                    # Not over another owner: a frozen instance has lost its keys when it wakes up.
                    pipe.set(self._name(key), self._instance, ex=KEY_TTL_S, nx=True)
                    pipe.expire(self._name(key), KEY_TTL_S)
                await pipe.execute()
            self._renewed = now

    async def _ask(self, script: str, key: str, arguments: list[Any]) -> str | None:
        if not self._health.may_try():
            return None
        try:
            async with asyncio.timeout(conf().redis_wait_s):
                found = await self._client.eval(script, 1, self._name(key), *arguments)
        except Exception as error:
            self._health.failed(error)
            return None
        self._health.succeeded()
        return found if isinstance(found, str) else None

    def _name(self, key: str) -> str:
        return name_of(self._prefix, key)


class ShardedOwners:
    """The deployment's owners over several Redis servers, each with its share of the keys."""

    def __init__(self, shards: Sequence[Owners], *, prefix: str) -> None:
        self._shards = shards
        self._prefix = prefix

    def _of(self, key: str) -> Owners:
        return self._shards[shard_of(name_of(self._prefix, key), len(self._shards))]

    async def claim(self, key: str) -> str:
        return await self._of(key).claim(key)

    async def find(self, key: str) -> str | None:
        return await self._of(key).find(key)

    async def release(self, key: str) -> None:
        await self._of(key).release(key)

    async def alive(self, instance: str) -> bool | None:
        """Ask all shards: every instance sends heartbeats to each shard that it can reach."""
        answers = await asyncio.gather(*(shard.alive(instance) for shard in self._shards))
        if True in answers:
            return True
        return False if False in answers else None

    async def run(self) -> None:
        await run_together(shard.run() for shard in self._shards)

    async def close(self) -> None:
        await asyncio.gather(*(shard.close() for shard in self._shards))
