"""Whether and when an attempt is repeated. Pure: time and randomness are passed in.

Failures that may pass are retried: no response (refused, cut off, timed out), 429, 502, 503, 504.
That is safe because every call can be repeated: calls that are not idempotent by themselves carry
an `Idempotency-Key`.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bellwire_client.call import Call
from bellwire_client.outcomes import Answer, Outcome

logger = logging.getLogger("bellwire_client")

# For calls that a later call supersedes: one more, in case only a connection was stale.
HURRIED_ATTEMPTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """Waits of about 0.25, 0.5, 1, 2, 4, 8 and 8 s, each between half of it and all of it.

    Together they outlast the restart of a single instance, which may drain for 25 s. The server's
    `Retry-After` is added to a wait. No attempt begins later than `patience_s` after the first one.
    `chance` returns numbers from 0 to 1, so that clients that failed together do not retry
    together.
    """

    attempts: int = 8
    first_s: float = 0.25
    longest_s: float = 8.0
    patience_s: float = 60.0
    chance: Callable[[], float] = random.random

    def wait_s(self, attempt: int, outcome: Outcome) -> float:
        """Return the seconds between this attempt (1, 2, …) and the next."""
        # The exponent is bounded: 2.0 ** 1024 raises an OverflowError.
        doubled = self.first_s * 2.0 ** min(attempt - 1, 62)
        longest = min(self.longest_s, doubled)
        return (outcome.retry_after_s or 0.0) + longest * (1 + self.chance()) / 2


RETRIES: Final = Retries()


class Attempts:
    """The attempts of one call. `now` is in seconds by a monotonic clock."""

    def __init__(self, call: Call[Any], retries: Retries, *, now: float) -> None:
        self._call = call
        self._retries = retries
        self._began = now
        self._attempts = 0

    def next_delay(self, outcome: Outcome, *, now: float) -> float | None:
        """Return the seconds until the next attempt; None if this outcome is final."""
        self._attempts += 1
        if not outcome.is_transient or self._attempts >= self._max_attempts():
            return None
        delay = self._retries.wait_s(self._attempts, outcome)
        if now + delay - self._began > self._retries.patience_s:
            return None
        logger.info(
            "%s %s: %s; again in %.2f s",
            self._call.method,
            self._call.path,
            outcome.status if isinstance(outcome, Answer) else repr(outcome.error),
            delay,
        )
        return delay

    def _max_attempts(self) -> int:
        allowed = self._retries.attempts
        return min(allowed, HURRIED_ATTEMPTS) if self._call.hurried else allowed
