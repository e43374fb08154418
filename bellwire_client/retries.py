"""Whether a try is followed by another, and when. Pure: time and chance come in from outside.

Tried again is what can pass: no answer (refused, cut off, timed out), 429, 502, 503, 504. That is
safe because every call can be repeated: what would happen twice carries an `Idempotency-Key`.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bellwire_client.answers import Answer, Outcome
from bellwire_client.call import Call

logger = logging.getLogger("bellwire_client")

# For what a later call makes up for: one more, in case only a connection was stale.
HURRIED_ATTEMPTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """Waits of about 0.25, 0.5, 1, 2, 4, 8 and 8 s, each between half of it and all of it.

    Together they outlast the restart of a single instance, which may drain for 25 s. The server's
    `Retry-After` is added to a wait. No try begins later than `patience_s` after the first one.
    `chance` gives numbers from 0 to 1, so that those who failed together do not return together.
    """

    attempts: int = 8
    first_s: float = 0.25
    longest_s: float = 8.0
    patience_s: float = 60.0
    chance: Callable[[], float] = random.random

    def wait_s(self, attempt: int, outcome: Outcome) -> float:
        """How long after this attempt (1, 2, …) the next one comes."""
        # Bounded before it is raised: 2.0 ** 1024 is an OverflowError.
        doubled = self.first_s * 2.0 ** min(attempt - 1, 62)
        most = min(self.longest_s, doubled)
        return (outcome.retry_after_s or 0.0) + most * (1 + self.chance()) / 2


RETRIES: Final = Retries()


class Tries:
    """The tries of one call. `now` is in seconds by any clock that only goes forward."""

    def __init__(self, call: Call[Any], retries: Retries, *, now: float) -> None:
        self._call = call
        self._retries = retries
        self._began = now
        self._made = 0

    def wait_after(self, outcome: Outcome, *, now: float) -> float | None:
        """How long to wait before the next try, in seconds; None if this outcome is final."""
        self._made += 1
        if not outcome.passes or self._made >= self._most():
            return None
        wait = self._retries.wait_s(self._made, outcome)
        if now + wait - self._began > self._retries.patience_s:
            return None
        logger.info(
            "%s %s: %s; again in %.2f s",
            self._call.method,
            self._call.path,
            outcome.status if isinstance(outcome, Answer) else repr(outcome.error),
            wait,
        )
        return wait

    def _most(self) -> int:
        allowed = self._retries.attempts
        return min(allowed, HURRIED_ATTEMPTS) if self._call.hurried else allowed
