"""Which instance has a thing that only one may have, by the thing's key.

A key belongs to an instance for as long as the instance's own sign of life does not run out. While
Redis is away nobody else can be asked: each instance then knows its own.
"""

import asyncio
import time
from typing import Any, Protocol

from channels_redis.utils import _consistent_hash

from realtime.health import RedisHealth
from realtime.limits import limits
from realtime.redis_client import open_client

# A killed instance's keys are free after this long.
ALIVE_TTL_MS = 5_000
# Three beats to a lifetime: one may be lost.
BEAT_S = 1.5
# Keys are renewed long before they run out, and those of a killed instance go by themselves.
KEY_TTL_S = 90
RENEW_S = 30.0
# One pipeline.
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


class Owners(Protocol):
    """Instances are named by `Runtime.instance`."""

    async def claim(self, key: str) -> str:
        """The key's owner: this instance, unless another has it."""
        ...

    async def find(self, key: str) -> str | None:
        """The key's owner, if it has one that can be asked."""
        ...

    async def release(self, key: str) -> None:
        """Give the key back."""
        ...

    async def alive(self, instance: str) -> bool:
        """Whether an instance shows signs of life; true while nobody can say."""
        ...

    async def run(self) -> None:
        """Keep what is owned, for as long as the process lives."""
        ...

    async def close(self) -> None:
        """Give everything back."""
        ...


class LocalOwners:
    """One process, which owns everything."""

    def __init__(self, instance: str) -> None:
        self._instance = instance

    async def claim(self, key: str) -> str:
        return self._instance

    async def find(self, key: str) -> str | None:
        return None

    async def release(self, key: str) -> None:
        """Nobody else wants it."""

    async def alive(self, instance: str) -> bool:
        return True

    async def run(self) -> None:
        """Nothing runs out here."""

    async def close(self) -> None:
        """Nothing to give back."""


class RedisOwners:
    """The deployment's owners."""

    def __init__(self, *, urls: list[str], instance: str, health: RedisHealth, prefix: str) -> None:
        self._instance = instance
        self._health = health
        self._prefix = prefix
        self._alive = f"{prefix}:owner:"
        self._owned: set[str] = set()
        self._renewed = time.monotonic()
        self._clients: list[Any] = [open_client(url, decode_responses=True) for url in urls]

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

    async def alive(self, instance: str) -> bool:
        client = self._clients[0]
        if not self._health.may_try():
            return True
        try:
            async with asyncio.timeout(limits().redis_wait_s):
                return bool(await client.exists(self._alive + instance))
        except Exception as error:
            self._health.failed(error)
            return True

    async def run(self) -> None:
        while True:
            if self._health.may_try():
                try:
                    async with asyncio.timeout(4 * limits().redis_wait_s):
                        for client in self._clients:
                            await self._beat(client)
                except Exception as error:
                    self._health.failed(error)
                else:
                    self._health.succeeded()
            await asyncio.sleep(BEAT_S)

    async def close(self) -> None:
        for client in self._clients:
            try:
                async with asyncio.timeout(limits().redis_wait_s):
                    await client.delete(self._alive + self._instance)
                    await client.aclose()
            except Exception as error:
                self._health.failed(error)

    async def _beat(self, client: Any) -> None:
        name = self._alive + self._instance
        known = await client.set(name, "1", px=ALIVE_TTL_MS, get=True)
        now = time.monotonic()
        # Not known: the first beat, or Redis has forgotten everything.
        if known is None or now - self._renewed >= RENEW_S:
            mine = [key for key in self._owned if self._shard(key) is client]
            for start in range(0, len(mine), CHUNK):
                pipe = client.pipeline(transaction=False)
                for key in mine[start : start + CHUNK]:
                    # Not over another's: a frozen instance has lost its keys when it wakes.
                    pipe.set(self._name(key), self._instance, ex=KEY_TTL_S, nx=True)
                    pipe.expire(self._name(key), KEY_TTL_S)
                await pipe.execute()
            if client is self._clients[-1]:
                self._renewed = now

    async def _ask(self, script: str, key: str, arguments: list[Any]) -> str | None:
        if not self._health.may_try():
            return None
        try:
            async with asyncio.timeout(limits().redis_wait_s):
                found = await self._shard(key).eval(script, 1, self._name(key), *arguments)
        except Exception as error:
            self._health.failed(error)
            return None
        self._health.succeeded()
        return found if isinstance(found, str) else None

    def _name(self, key: str) -> str:
        return f"{self._prefix}:owned:{key}"

    def _shard(self, key: str) -> Any:
        return self._clients[_consistent_hash(self._name(key), len(self._clients))]
