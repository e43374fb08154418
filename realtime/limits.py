"""Every limit of the engine, with its reason. Each is the setting `BELLWIRE_<NAME>`."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force, in the units that their names say."""

    # Tabs and devices of one person; the sixth is far more often a leak than a need.
    max_connections_per_user: int
    # Long polls that wait at one instance: each page has one or two, and a tab or five.
    max_polls_per_user: int
    # Commands are small; what is larger belongs into REST. Counted in UTF-8 bytes.
    max_frame_bytes: int
    # What a reader may fall behind before it is cheaper for both to reconnect and replay.
    outbox_frames: int
    outbox_bytes: int
    # How far back a topic can be replayed; beyond it the client refetches over REST.
    log_keep_events: int
    # The longest that a lost wake-up delays an event: one cheap query each time.
    reconcile_s: float
    # How often a client should ping; proxies cut idle connections at 60 s.
    heartbeat_s: int
    # Three heartbeats missed: gone.
    silence_s: int
    # A STOMP client that promised heart-beats is gone after so many times what it promised, and so
    # much more: a slow network delays one beat, and timers of pages in the background are late.
    beat_tolerance: float
    beat_margin_s: float
    # A page that restores its subscriptions sends a burst; no page sustains more than the rate.
    frame_burst: int
    frame_rate: float
    # A client over the limit this long does not listen to RATE_LIMITED.
    rate_patience_s: float
    # Subscriptions of one connection: a page has three, a dashboard of a busy user's rooms dozens.
    max_subscriptions: int
    # Connections that nobody has signed in to, at one instance; they last a round trip. A thousand
    # pages that come back at once after a restart and sign in by STOMP's CONNECT fit twice.
    max_strangers: int
    # Without a subprotocol the first frame says which protocol it is.
    first_frame_s: float
    # Disabled users and ended sign-ins lose their connections within 10 s, even if a hint is lost.
    revoke_s: float
    # How often each instance deletes log rows that can no longer be replayed.
    trim_s: float
    # Who looks at a topic is believed of a silent instance for so long, and then seen to be gone
    # within half as much: 30 s of the 45 that are promised.
    presence_s: float
    # A connect waits this long for Redis at the most; then this instance counts by itself.
    redis_wait_s: float
    # SIGTERM to exit; orchestrators kill after 30 s.
    drain_s: float


@cache
def limits() -> Limits:
    """Read once from the settings."""
    fields = Limits.__dataclass_fields__
    return Limits(**{name: getattr(settings, f"BELLWIRE_{name.upper()}") for name in fields})
