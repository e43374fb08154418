"""The roster: the live connections of all instances, for the deployment's administrators.

Every instance writes its connections (realtime/fanout/roster_writer.py), and any process can read
them with a synchronous client. The data is seconds old; only admin pages use it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from operator import attrgetter
from typing import Any

import orjson
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.cluster.leases import heartbeat_key
from realtime.cluster.shards import shard_of
from realtime.conf import conf

# A longer roster helps nobody, and would use too much of the process's memory.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One live connection. Times are in unix seconds.

    `seen` is its client's last sign of life; None for transports on which clients only receive.
    `login_id` is the sign-in of its credential, "" for a credential without one; None if an
    instance of an older version wrote the entry.
    """

    connection_id: str
    user_id: int
    username: str
    transport: str
    instance: str
    since: float
    seen: float | None
    login_id: str | None = None


class Reach(Enum):
    """How much of the deployment a roster covers."""

    ALL = "every instance"
    OWN = "this process alone, as Redis is away"
    PART = "a part, as there are too many"


@dataclass(frozen=True, slots=True)
class Roster:
    """`instance` is this process's own, "" if it accepts no connections."""

    instance: str
    connections: Sequence[Listed]
    reach: Reach


LocalSource = Callable[[], Sequence[Listed]]
_local: list[tuple[str, LocalSource]] = []


def set_local_source(instance: str, source: LocalSource | None) -> None:
    """Set the thread-safe function that lists this process's connections; None when it stops."""
    _local[:] = [] if source is None else [(instance, source)]


def read() -> Roster:
    """Return the roster, read within a bounded time; this process's own part is current."""
    instance, source = _local[0] if _local else ("", list[Listed])
    own = list(source())
    if not conf().redis_urls:
        return Roster(instance, own, Reach.ALL)
    keys = RosterKeys(conf().redis_prefix, conf().redis_urls)
    try:
        others, whole = _read_others(keys, instance, MOST - len(own))
    except redis.RedisError:
        return Roster(instance, own, Reach.OWN)
    return Roster(instance, own + others, Reach.ALL if whole else Reach.PART)


# --- storage in Redis -----------------------------------------------------------------------------


class RosterKeys:
    """The keys of the rosters: all on one shard, so that reading takes few round trips."""

    def __init__(self, prefix: str, urls: Sequence[str]) -> None:
        # A sorted set of the instances, by the time of their last write.
        self.index = f"{prefix}:roster"
        self.number = shard_of(self.index, len(urls))
        self.url = urls[self.number]
        self._prefix = prefix

    def of(self, instance: str) -> str:
        """Return the key of an instance's hash: chunk number -> packed chunk."""
        return f"{self.index}:{instance}"

    def heartbeat_key(self, instance: str) -> str:
        """Return the key of the instance's heartbeat, without which its roster is ignored."""
        return heartbeat_key(self._prefix, instance)


# Lists and not objects: field names would make up most of the text.
_FIELDS = [field.name for field in fields(Listed)]
_values: Callable[[Listed], tuple[Any, ...]] = attrgetter(*_FIELDS)


def pack(chunk: Sequence[Listed]) -> bytes:
    """Encode a chunk for Redis."""
    return orjson.dumps([_values(one) for one in chunk])


def unpack(text: bytes) -> list[Listed]:
    """Decode a chunk; returns nothing if an instance of another version wrote another format."""
    try:
        return [Listed(*values) for values in orjson.loads(text)]
    except (TypeError, ValueError):
        return []


def _read_others(keys: RosterKeys, own: str, most: int) -> tuple[list[Listed], bool]:
    """Return the other instances' connections, and whether they are complete."""
    client: Any = redis.Redis.from_url(
        keys.url,
        # A person waits for the page: beyond this timeout Redis counts as away.
        socket_timeout=2 * conf().redis_wait_s,
        socket_connect_timeout=2 * conf().redis_wait_s,
        # No retries: redis-py would otherwise retry three times.
        retry=Retry(NoBackoff(), 0),
    )
    with client:
        names = [name.decode() for name in client.zrange(keys.index, 0, -1)]
        others = [name for name in names if name != own]
        pipe = client.pipeline(transaction=False)
        for name in others:
            pipe.exists(keys.heartbeat_key(name))
        lives = pipe.execute()
        found: list[Listed] = []
        for name, alive in zip(others, lives, strict=True):
            if not alive:
                continue
            for chunk in client.hvals(keys.of(name)):
                found += unpack(chunk)
            if len(found) > most:
                return found[: max(most, 0)], False
    return found, True
