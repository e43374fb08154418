"""Per-connection limits: a token bucket of frames, and turns on the event loop.

Every frame is counted where it is parsed, whatever its purpose: parsing costs time even if nothing
else does, and all connections of a process share one event loop.
"""

import asyncio
from dataclasses import dataclass
from enum import Enum

from realtime.conf import Limits

# A second without a refusal counts as a pause: the client has reacted to RATE_LIMITED.
PAUSE_S = 1.0
# A frame takes 20 to 200 µs, so a turn is a millisecond or two: short enough for others to wait.
FRAMES_PER_TURN = 16
# How long a connection over its limit waits for its next turn: at most 800 refusals a second of
# some 20 µs each, which leaves the event loop to others. The client meanwhile fills its own
# buffers.
REST_S = 0.02


class Verdict(Enum):
    """How one frame is handled."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    CUT_OFF = "banished"


@dataclass(slots=True)
class RateLimit:
    """Allows `burst` frames at once, then `rate` per second.

    A client that stays over the limit for `patience_s` seconds is cut off.
    """

    burst: int
    rate: float
    patience_s: float
    _tokens: float = -1.0
    _at: float = 0.0
    _over_since: float = 0.0
    _refused_at: float = float("-inf")
    _over: bool = False

    @classmethod
    def of(cls, limits: Limits) -> "RateLimit":
        """Create the rate limit given by the settings."""
        return cls(limits.frame_burst, limits.frame_rate, limits.rate_patience_s)

    @property
    def over(self) -> bool:
        """Whether the last frame was over the limit."""
        return self._over

    def judge(self, now: float, frames: int = 1) -> Verdict:
        """Count frames that arrived at `now`, in seconds of a monotonic clock."""
        if self._tokens < 0:
            self._tokens = float(self.burst)
        else:
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        self._over = self._tokens < frames
        if not self._over:
            self._tokens -= frames
            return Verdict.ALLOWED
        if now - self._refused_at > PAUSE_S:
            self._over_since = now
        self._refused_at = now
        if now - self._over_since >= self.patience_s:
            return Verdict.CUT_OFF
        return Verdict.REFUSED


class Turn:
    """Shares the event loop: after a few frames of a connection, all others get their turn."""

    def __init__(self, rate: RateLimit) -> None:
        self._rate = rate
        self._frames = 0

    async def wait(self) -> None:
        """Wait for a turn if necessary; called for every frame before it is handled."""
        self._frames += 1
        if self._frames >= FRAMES_PER_TURN:
            self._frames = 0
            await asyncio.sleep(REST_S if self._rate.over else 0)
