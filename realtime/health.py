"""Whether Redis answers: one circuit breaker per process, which speaks once per outage."""

import logging
import time

logger = logging.getLogger(__name__)

# After a failure nothing is tried for this long: a frozen Redis must not cost every caller a wait.
REST_S = 1.0


class RedisHealth:
    """Shared by all that talk to Redis in this process. One loop's only."""

    def __init__(self) -> None:
        self.away = False
        self._told = False
        self._rest_until = 0.0

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
                "Redis is away (%s): events reach other instances by reading the log",
                type(error).__name__,
            )
        self.away = True

    def succeeded(self) -> None:
        """A call was answered."""
        if self._told:
            logger.warning("Redis is back")
        self.away = self._told = False
