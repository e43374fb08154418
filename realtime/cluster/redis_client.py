"""The Redis client of whatever many connections ask at once: leases, session owners, presence."""

from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis

# A command takes a fraction of a millisecond, so a hundred at once are more than Redis is slow for.
CONNECTIONS: Final = 100
# Callers bound their waits themselves; this is for one that forgets to.
WAIT_S: Final = 5.0


def open_client(url: str, *, decode_responses: bool = False) -> Any:
    """A client whose callers wait for a connection while all are in use.

    redis-py's ordinary pool raises then, which looks like a Redis that is away: a user who opens
    150 streams at once would have each instance count by itself.
    """
    return Redis.from_pool(
        BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=WAIT_S,
            socket_timeout=2,
            socket_connect_timeout=2,
            decode_responses=decode_responses,
        )
    )
