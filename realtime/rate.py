"""How many commands a client may send: a token bucket, and patience with those who ignore it."""

from dataclasses import dataclass
from enum import Enum

from realtime.limits import Limits

# A second without a refusal is a pause: the client has heard RATE_LIMITED.
PAUSE_S = 1.0


class Verdict(Enum):
    """What becomes of one frame."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    BANISHED = "banished"


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

    @classmethod
    def of(cls, limits: Limits) -> "RateLimit":
        """The one that the settings ask for."""
        return cls(limits.frame_burst, limits.frame_rate, limits.rate_patience_s)

    def judge(self, now: float) -> Verdict:
        """Count one frame that came at `now`, in seconds of a clock that never goes back."""
        if self._tokens < 0:
            self._tokens = float(self.burst)
        else:
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return Verdict.ALLOWED
        if now - self._refused_at > PAUSE_S:
            self._over_since = now
        self._refused_at = now
        if now - self._over_since >= self.patience_s:
            return Verdict.BANISHED
        return Verdict.REFUSED
