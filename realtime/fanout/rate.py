"""How much one connection may do: a token bucket of frames, and turns on the event loop.

Every frame is counted where it is parsed, whatever it is for: what costs nothing else still costs
its parsing, and all connections of a process share one loop.
"""

import asyncio
from dataclasses import dataclass
from enum import Enum

from realtime.limits import Limits

# A second without a refusal is a pause: the client has heard RATE_LIMITED.
PAUSE_S = 1.0
# A frame takes 20 to 200 µs: so many are a millisecond or two, and few enough that nobody waits.
FRAMES_PER_TURN = 16
# What a connection over its limit waits for its next turn: at most 800 refusals a second, each some
# 20 µs, leave the loop to others. The client meanwhile fills its own buffers.
REST_S = 0.02


class Verdict(Enum):
    """What becomes of one frame."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    CUT_OFF = "banished"


@dataclass(slots=True)
class RateLimit:
    """`burst` frames at once, `rate` a second after; `patience_s` over the limit ends it."""

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
        """The one that the settings ask for."""
        return cls(limits.frame_burst, limits.frame_rate, limits.rate_patience_s)

    @property
    def over(self) -> bool:
        """Whether the last frame was one too many."""
        return self._over

    def judge(self, now: float, frames: int = 1) -> Verdict:
        """Count frames that came at `now`, in seconds of a clock that never goes back."""
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
    """A connection's turn on the loop: after a few frames all others have theirs."""

    def __init__(self, rate: RateLimit) -> None:
        self._rate = rate
        self._frames = 0

    async def take(self) -> None:
        """Called for every frame before it is carried out."""
        self._frames += 1
        if self._frames >= FRAMES_PER_TURN:
            self._frames = 0
            await asyncio.sleep(REST_S if self._rate.over else 0)
