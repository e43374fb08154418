"""The Redis client for concurrent use by many connections: leases, session owners, presence."""

from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis

# A command takes a fraction of a millisecond, so 100 connections are more than Redis can use.
CONNECTIONS: Final = 100
# Callers set their own timeouts; this is the fallback.
WAIT_S: Final = 5.0


def open_client(url: str, *, decode_responses: bool = False) -> Any:
    """Return a client whose callers wait for a connection while all are in use.

    redis-py's default pool raises then, which looks like a Redis that is away: a user who opens 150
    streams at once would make each instance count by itself.
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
