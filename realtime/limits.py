"""Every limit of the engine, with its default and its reason.

Each may be set as `BELLWIRE_<NAME>` in Django's settings; a project that sets none gets these.
"""

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

L = TypeVar("L", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force, in the units given by their names."""

    # Tabs and devices of one person; a sixth is far more often a leak than a need.
    max_connections_per_user: int = 5
    # Waiting long polls of a user at one instance: one or two per page, and up to five tabs.
    max_polls_per_user: int = 10
    # Commands are small; larger data belongs to REST. Counted in UTF-8 bytes.
    max_frame_bytes: int = 10_240
    # How far a reader may fall behind before reconnecting and replaying is cheaper for both sides.
    outbox_frames: int = 1_000
    outbox_bytes: int = 1_048_576
    # How far back a topic can be replayed; beyond it the client fetches its state over REST.
    log_keep_events: int = 1_000
    # The maximum delay of an event whose hint was lost; costs one cheap query each time.
    reconcile_s: float = 4.0
    # How often a client should ping; proxies close idle connections at 60 s.
    heartbeat_s: int = 30
    # Three missed heartbeats: the client counts as gone.
    silence_s: int = 90
    # A STOMP client that sends no heart-beat is disconnected after this multiple of its interval,
    # plus a margin: a slow network delays one heart-beat, and timers of background pages are late.
    beat_tolerance: float = 2.0
    beat_margin_s: float = 10.0
    # A page that restores its subscriptions sends a burst; no page sustains more than the rate.
    frame_burst: int = 200
    frame_rate: float = 50.0
    # A client that stays over the limit for this long ignores RATE_LIMITED.
    rate_patience_s: float = 10.0
    # Subscriptions of one connection: a page has three, a dashboard of a busy user's rooms dozens.
    max_subscriptions: int = 100
    # Unauthenticated connections at one instance; they last a round trip. Twice as many as a
    # thousand pages that reconnect at once after a restart and authenticate by STOMP's CONNECT.
    max_strangers: int = 2_000
    # Without a subprotocol, the first frame determines the protocol.
    first_frame_s: float = 10.0
    # Connections of disabled users and ended sign-ins close within 10 s, even if a hint is lost.
    revoke_s: float = 4.0
    # How often each instance deletes log entries that can no longer be replayed.
    trim_s: float = 30.0
    # Presence of a silent instance's users lasts this long, and its end is noticed within half as
    # much time: 30 s of the 45 that are promised.
    presence_s: float = 20.0
    # A connect waits at most this long for Redis; then this instance counts on its own.
    redis_wait_s: float = 0.5
    # What a JSON client is greeted with.
    welcome: str = "Connected"
    # From SIGTERM to the last connection; orchestrators kill after 30 s.
    drain_s: float = 25.0
    # Clients are disconnected over this time, at most half of `drain_s`. Those of one of two
    # instances then arrive at the other as an eighth of them each second, which leaves it time for
    # the events of those that it has.
    drain_spread_s: float = 8.0
    # The time between two groups that are disconnected, in which a few clients reconnect.
    drain_step_s: float = 0.1


def from_settings(limits_class: type[L]) -> L:
    """Return an instance with the values in Django's settings, and the class's defaults."""
    names = {field.name: f"BELLWIRE_{field.name.upper()}" for field in fields(limits_class)}
    given = {field: name for field, name in names.items() if hasattr(settings, name)}
    return limits_class(**{field: getattr(settings, name) for field, name in given.items()})


@cache
def limits() -> Limits:
    """Return the limits, read once from the settings."""
    return from_settings(Limits)
