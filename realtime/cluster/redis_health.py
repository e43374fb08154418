"""Whether Redis answers: one circuit breaker per process and shard; it speaks once per outage."""

import logging
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from realtime import metrics

logger = logging.getLogger(__name__)

# After a failure nothing is tried for this long: a frozen Redis must not cost every caller a wait.
REST_S = 1.0


class RedisHealth:
    """Shared by all that talk to one Redis server in this process. One loop's only.

    `shard` is its place in `REDIS_URL`, from 1, for the metrics; `name` is added to what is logged.
    """

    def __init__(self, shard: int | None = None, name: str = "") -> None:
        self.away = False
        self._told = False
        self._rest_until = 0.0
        self._name = name
        self._shard = shard
        self._show()

    def may_try(self) -> bool:
        """Whether a call is worth its time now."""
        return not self.away or time.monotonic() >= self._rest_until

    def failed(self, error: BaseException) -> None:
        """A call failed or took too long."""
        self._rest_until = time.monotonic() + REST_S
        # Told at the second failure: after a restart each connection from before it fails once.
        if self.away and not self._told:
            self._told = True
            logger.warning(
                "Redis is away%s (%s): events reach other instances by reading the log",
                self._name,
                type(error).__name__,
            )
        self.away = True
        self._show()

    def succeeded(self) -> None:
        """A call was answered."""
        if self._told:
            logger.warning("Redis is back%s", self._name)
        if self.away:
            self.away = self._told = False
            self._show()

    def _show(self) -> None:
        if self._shard is not None:
            metrics.REDIS_UP.labels(str(self._shard)).set(not self.away)


def health_of_shards(urls: Sequence[str]) -> list[RedisHealth]:
    """One for each server, in the order of `REDIS_URL`."""
    # The address without its password; one alone needs no name.
    addresses = [urlsplit(url).netloc.rpartition("@")[2] for url in urls]
    return [
        RedisHealth(shard, f" at shard {shard}, {address}" if len(urls) > 1 else "")
        for shard, address in enumerate(addresses, 1)
    ]
