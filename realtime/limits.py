"""Every limit of the engine, with its reason. Each is the setting `BELLWIRE_<NAME>`."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force, in the units given by their names."""

    # Tabs and devices of one person; a sixth is far more often a leak than a need.
    max_connections_per_user: int
    # Waiting long polls of a user at one instance: one or two per page, and up to five tabs.
    max_polls_per_user: int
    # Commands are small; larger data belongs to REST. Counted in UTF-8 bytes.
    max_frame_bytes: int
    # How far a reader may fall behind before reconnecting and replaying is cheaper for both sides.
    outbox_frames: int
    outbox_bytes: int
    # How far back a topic can be replayed; beyond it the client fetches its state over REST.
    log_keep_events: int
    # The maximum delay of an event whose hint was lost; costs one cheap query each time.
    reconcile_s: float
    # How often a client should ping; proxies close idle connections at 60 s.
    heartbeat_s: int
    # Three missed heartbeats: the client counts as gone.
    silence_s: int
    # A STOMP client that sends no heart-beat is disconnected after this multiple of its interval,
    # plus a margin: a slow network delays one heart-beat, and timers of background pages are late.
    beat_tolerance: float
    beat_margin_s: float
    # A page that restores its subscriptions sends a burst; no page sustains more than the rate.
    frame_burst: int
    frame_rate: float
    # A client that stays over the limit for this long ignores RATE_LIMITED.
    rate_patience_s: float
    # Subscriptions of one connection: a page has three, a dashboard of a busy user's rooms dozens.
    max_subscriptions: int
    # Unauthenticated connections at one instance; they last a round trip. Twice as many as a
    # thousand pages that reconnect at once after a restart and authenticate by STOMP's CONNECT.
    max_strangers: int
    # Without a subprotocol, the first frame determines the protocol.
    first_frame_s: float
    # Connections of disabled users and ended sign-ins close within 10 s, even if a hint is lost.
    revoke_s: float
    # How often each instance deletes log entries that can no longer be replayed.
    trim_s: float
    # Presence of a silent instance's users lasts this long, and its end is noticed within half as
    # much time: 30 s of the 45 that are promised.
    presence_s: float
    # A connect waits at most this long for Redis; then this instance counts on its own.
    redis_wait_s: float
    # From SIGTERM to exit; orchestrators kill after 30 s.
    drain_s: float


@cache
def limits() -> Limits:
    """Return the limits, read once from the settings."""
    fields = Limits.__dataclass_fields__
    return Limits(**{name: getattr(settings, f"BELLWIRE_{name.upper()}") for name in fields})
