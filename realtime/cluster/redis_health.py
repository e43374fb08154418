"""Detects whether Redis answers: one circuit breaker per process and shard."""

import logging
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from realtime import metrics

logger = logging.getLogger(__name__)

# No call is tried for this long after a failure: a frozen Redis must not delay every caller.
REST_S = 1.0


class RedisHealth:
    """The state of one Redis server, shared by all its users in this process. For one event loop
    only.

    `shard` is its number in `REDIS_URL`, from 1, for the metrics; `name` is added to log messages.
    Logs once per outage.
    """

    def __init__(self, shard: int | None = None, name: str = "") -> None:
        self.away = False
        self._is_logged = False
        self._rest_until = 0.0
        self._name = name
        self._shard = shard
        self._update_metric()

    def may_try(self) -> bool:
        """Return whether a call should be tried now."""
        return not self.away or time.monotonic() >= self._rest_until

    def failed(self, error: BaseException) -> None:
        """Record that a call failed or timed out."""
        self._rest_until = time.monotonic() + REST_S
        # Logged at the second failure: after a restart of Redis, each older connection fails once.
        if self.away and not self._is_logged:
            self._is_logged = True
            logger.warning(
                "Redis is away%s (%s): events reach other instances by reading the log",
                self._name,
                type(error).__name__,
            )
        self.away = True
        self._update_metric()

    def succeeded(self) -> None:
        """Record that a call was answered."""
        if self._is_logged:
            logger.warning("Redis is back%s", self._name)
        if self.away:
            self.away = self._is_logged = False
            self._update_metric()

    def _update_metric(self) -> None:
        if self._shard is not None:
            metrics.REDIS_UP.labels(str(self._shard)).set(not self.away)


def health_of_shards(urls: Sequence[str]) -> list[RedisHealth]:
    """Return one `RedisHealth` per server, in the order of `REDIS_URL`."""
    # Addresses without passwords; a single server needs no name.
    addresses = [urlsplit(url).netloc.rpartition("@")[2] for url in urls]
    return [
        RedisHealth(shard, f" at shard {shard}, {address}" if len(urls) > 1 else "")
        for shard, address in enumerate(addresses, 1)
    ]
