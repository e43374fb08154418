"""Stores token buckets: in Redis for all instances, or in this process without Redis.

The algorithm is GCRA: of each bucket only the time at which it will be full again is stored. While
Redis is away or slow, each process counts for itself: a caller may then spend a budget once per
process, but nobody is refused who would otherwise be allowed.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.cluster.shards import shard_of
from realtime.conf import conf

logger = logging.getLogger(__name__)

# After a failure, one caller per this interval tries Redis again and may wait; all others use the
# memory store.
REST_S: Final = 5.0
# Above this number of buckets in memory, full ones are removed: they need not be stored.
PRUNE_AT: Final = 4_096

# For each key, the arguments are the cost and the time in which the bucket fills. Either all are
# paid or none; the result is the time to wait, in microseconds. Uses Redis's own clock, as the
# instances' clocks differ.
_DRAW: Final = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local wait, full_at = 0, {}
for i, key in ipairs(KEYS) do
  local at = tonumber(redis.call('GET', key) or now)
  if at < now then at = now end
  full_at[i] = at + tonumber(ARGV[2 * i - 1])
  wait = math.max(wait, full_at[i] - now - tonumber(ARGV[2 * i]))
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  local ms = math.ceil((full_at[i] - now) / 1000)
  if ms > 0 then
    redis.call('SET', key, string.format('%.0f', full_at[i]), 'PX', ms)
  end
end
return 0
"""


@dataclass(frozen=True, slots=True)
class Draw:
    """A charge on one bucket: its key, the cost and the time to fill it, in microseconds."""

    key: str
    cost_us: int
    period_us: int


class MemoryStore:
    """The buckets of one process."""

    def __init__(self) -> None:
        self._full_at: dict[str, int] = {}
        self._lock = threading.Lock()
        self._prune_at = PRUNE_AT

    def draw(self, draws: Sequence[Draw], now_us: int) -> int:
        """Pay for all draws, or for none; return the time to wait, in microseconds (0 if paid)."""
        with self._lock:
            after = {
                one.key: max(self._full_at.get(one.key, 0), now_us) + one.cost_us for one in draws
            }
            wait_us = max(after[one.key] - now_us - one.period_us for one in draws)
            if wait_us > 0:
                return wait_us
            self._full_at.update(after)
            if len(self._full_at) > self._prune_at:
                self._full_at = {key: at for key, at in self._full_at.items() if at > now_us}
                self._prune_at = max(PRUNE_AT, 2 * len(self._full_at))
            return 0

    def clear(self) -> None:
        """Fill all buckets."""
        with self._lock:
            self._full_at.clear()

    def __len__(self) -> int:
        return len(self._full_at)


@dataclass(slots=True)
class _Breaker:
    """A thread-safe circuit breaker for one Redis server. Logs once per outage."""

    away: bool = False
    _try_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def may_try(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if self.away and now < self._try_at:
                return False
            if self.away:
                # This caller tries for all others, which go on without waiting.
                self._try_at = now + REST_S
            return True

    def failed(self, error: Exception) -> None:
        with self._lock:
            before, self.away = self.away, True
            self._try_at = time.monotonic() + REST_S
        if not before:
            logger.warning(
                "Budgets are counted by this process alone: no answer from Redis (%s)",
                type(error).__name__,
            )

    def succeeded(self) -> None:
        if not self.away:
            return
        with self._lock:
            before, self.away = self.away, False
        if before:
            logger.warning("Budgets are counted in Redis again")


class RedisStore:
    """The deployment's buckets; all buckets of a caller are on the same shard."""

    def __init__(self, urls: Sequence[str], *, wait_s: float) -> None:
        self._shards = [_Shard(url, wait_s) for url in urls]

    def draw(self, caller: str, draws: Sequence[Draw]) -> int | None:
        """Like `MemoryStore.draw`; None if the caller's shard does not answer."""
        return self.shard(caller).draw(draws)

    def shard(self, caller: str) -> "_Shard":
        """Return the shard that has the caller's buckets."""
        return self._shards[shard_of(caller, len(self._shards))]


class _Shard:
    """One Redis server and its circuit breaker."""

    def __init__(self, url: str, wait_s: float) -> None:
        client: Any = redis.Redis.from_url(
            url,
            socket_timeout=wait_s,
            socket_connect_timeout=wait_s,
            # A retry would double the wait.
            retry=Retry(NoBackoff(), 0),
        )
        self.breaker = _Breaker()
        self._script = client.register_script(_DRAW)

    def draw(self, draws: Sequence[Draw]) -> int | None:
        if not self.breaker.may_try():
            return None
        prefix = conf().redis_prefix
        keys = [f"{prefix}:budget:{one.key}" for one in draws]
        args = [number for one in draws for number in (one.cost_us, one.period_us)]
        try:
            waited = int(self._script(keys=keys, args=args))
        except (redis.RedisError, OSError) as error:
            self.breaker.failed(error)
            return None
        self.breaker.succeeded()
        return waited


memory: Final = MemoryStore()
_shared: RedisStore | None = None


def draw(caller: str, draws: Sequence[Draw]) -> int:
    """Pay for all draws, or for none; return the time to wait, in microseconds (0 if paid)."""
    if conf().redis_urls:
        waited = _redis_store().draw(caller, draws)
        if waited is not None:
            return waited
    return memory.draw(draws, time.monotonic_ns() // 1_000)


def _redis_store() -> RedisStore:
    # Created at the first draw, not at import: a forked process must not share its sockets.
    global _shared  # noqa: PLW0603 - one per process
    if _shared is None:
        _shared = RedisStore(conf().redis_urls, wait_s=conf().budget_wait_s)
    return _shared
