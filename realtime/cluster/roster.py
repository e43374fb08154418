"""Who is connected, over all instances: for those who look after the deployment.

Every instance writes down what it has (realtime/fanout/roster_writer.py), and any process may read
it, by a plain synchronous client. It is a picture, seconds old, and nothing but pages hangs on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from operator import attrgetter
from typing import Any

import orjson
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.cluster.leases import sign_of_life
from realtime.cluster.shards import shard_of
from realtime.limits import limits

# A page over more helps nobody, and would take the process's memory.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One live connection. Times are in unix seconds.

    `seen` is its client's last sign of life; None where clients only listen. `login_id` is the
    sign-in of its credential, "" for one without; None where an instance of an older version does
    not tell.
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
    """How much of the deployment a roster shows."""

    ALL = "every instance"
    OWN = "this process alone, as Redis is away"
    PART = "a part, as there are too many"


@dataclass(frozen=True, slots=True)
class Roster:
    """`instance` is this process's own, "" if it takes no connections."""

    instance: str
    connections: Sequence[Listed]
    reach: Reach


Ask = Callable[[], Sequence[Listed]]
_here: list[tuple[str, Ask]] = []


def ask_here(instance: str, ask: Ask | None) -> None:
    """From now on `ask` tells, from any thread, what this process has; None when it has ended."""
    _here[:] = [] if ask is None else [(instance, ask)]


def read() -> Roster:
    """All that can be found out in a bounded time; this process's own as they are now."""
    instance, ask = _here[0] if _here else ("", list[Listed])
    own = list(ask())
    if not settings.REDIS_URLS:
        return Roster(instance, own, Reach.ALL)
    place = Place(settings.BELLWIRE_REDIS_PREFIX, settings.REDIS_URLS)
    try:
        others, whole = _read_others(place, instance, MOST - len(own))
    except redis.RedisError:
        return Roster(instance, own, Reach.OWN)
    return Roster(instance, own + others, Reach.ALL if whole else Reach.PART)


# --- how it is written down ------------------------------------------------------------------


class Place:
    """Where in Redis the rosters are: all on one shard, so that a page is few questions."""

    def __init__(self, prefix: str, urls: Sequence[str]) -> None:
        # A sorted set of the instances, by when they have written last.
        self.index = f"{prefix}:roster"
        self.number = shard_of(self.index, len(urls))
        self.url = urls[self.number]
        self._prefix = prefix

    def of(self, instance: str) -> str:
        """A hash: number -> a chunk of what the instance has."""
        return f"{self.index}:{instance}"

    def sign_of_life(self, instance: str) -> str:
        """What an instance is dead without, whatever it has written."""
        return sign_of_life(self._prefix, instance)


# Lists and not objects: the names would be most of the text.
_FIELDS = [field.name for field in fields(Listed)]
_values: Callable[[Listed], tuple[Any, ...]] = attrgetter(*_FIELDS)


def pack(chunk: Sequence[Listed]) -> bytes:
    """A chunk as it stands in Redis."""
    return orjson.dumps([_values(one) for one in chunk])


def unpack(text: bytes) -> list[Listed]:
    """The other way. An instance of another version may write otherwise: nothing then."""
    try:
        return [Listed(*values) for values in orjson.loads(text)]
    except (TypeError, ValueError):
        return []


def _read_others(place: Place, own: str, most: int) -> tuple[list[Listed], bool]:
    """What the other instances have, and whether that is all."""
    client: Any = redis.Redis.from_url(
        place.url,
        # Redis answers within this or counts as away: a person waits for the page.
        socket_timeout=2 * limits().redis_wait_s,
        socket_connect_timeout=2 * limits().redis_wait_s,
        # By itself it would try three times more.
        retry=Retry(NoBackoff(), 0),
    )
    with client:
        names = [name.decode() for name in client.zrange(place.index, 0, -1)]
        others = [name for name in names if name != own]
        pipe = client.pipeline(transaction=False)
        for name in others:
            pipe.exists(place.sign_of_life(name))
        lives = pipe.execute()
        found: list[Listed] = []
        for name, alive in zip(others, lives, strict=True):
            if not alive:
                continue
            for chunk in client.hvals(place.of(name)):
                found += unpack(chunk)
            if len(found) > most:
                return found[: max(most, 0)], False
    return found, True
