"""The engine's settings. A project that sets none gets these defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.core.signals import setting_changed

from env_settings import Declared, declare, setting


@dataclass(frozen=True)
class Limits:
    """Limits on connections, topics and times."""

    max_connections_per_user: int = setting(
        5,
        "connections",
        "tabs and devices of one person; a sixth is far more often a leak than a need",
        least=1,
    )
    max_polls_per_user: int = setting(
        10,
        "polls",
        "long polls of one user that wait at one instance: one or two per page, and up to five "
        "tabs; 429 beyond. Each instance counts its own: behind a balancer one user may have so "
        "many at each",
        least=1,
    )
    max_frame_bytes: int = setting(
        10_240,
        "bytes",
        "one frame from a client, in UTF-8. Commands are small; larger data belongs to REST",
        least=1,
    )
    outbox_frames: int = setting(
        1_000,
        "frames",
        "how far a reader may fall behind (1013 beyond). Then reconnecting and replaying is "
        "cheaper for both sides",
        least=1,
    )
    outbox_bytes: int = setting(1_048_576, "bytes", "the same, in bytes", least=1)
    log_keep_events: int = setting(
        1_000,
        "events",
        "how far back a topic can be replayed; beyond it the client fetches its state over REST",
        least=1,
    )
    reconcile_s: float = setting(
        4.0,
        "s",
        "the longest that a lost hint delays an event; each time costs one cheap query",
        least=0.01,
    )
    welcome: str = setting(
        "Connected", "", "the `message` of `connected`, with which a JSON client is greeted"
    )
    heartbeat_s: int = setting(
        30, "s", "how often a client should ping; proxies close idle connections at 60 s", least=1
    )
    silence_s: int = setting(
        90,
        "s",
        "a client that is silent for so long is gone (1001): it has missed three heartbeats",
        least=1,
    )
    beat_tolerance: float = setting(
        2.0,
        "times",
        "a STOMP client that promised heart-beats and sends none is gone (1001) after so many "
        "times the agreed interval, and `BELLWIRE_BEAT_MARGIN_S`: a slow network delays one "
        "heart-beat",
        least=1,
    )
    beat_margin_s: float = setting(
        10.0, "s", "what is added to that; timers of background pages are late"
    )
    frame_burst: int = setting(
        200,
        "frames",
        "frames of one connection at once: every frame of every protocol counts, heart-beats and "
        "WebSocket pings and fragments too. A page that restores its subscriptions sends a burst",
        least=1,
    )
    frame_rate: float = setting(
        50.0, "frames/s", "frames after the burst; no page sustains more", least=0.001
    )
    rate_patience_s: float = setting(
        10.0,
        "s",
        "over the limit for so long ends the connection; meanwhile it is read more slowly",
    )
    max_subscriptions: int = setting(
        100,
        "topics",
        "subscriptions of one connection, JSON or STOMP: a page has three, a dashboard of a busy "
        "user's rooms dozens",
        least=1,
    )
    max_strangers: int = setting(
        2_000,
        "connections",
        "WebSockets and SockJS sessions of one instance to which nobody has signed in yet; beyond "
        "it one of the oldest is told to come back (1012). Twice as many as a thousand pages that "
        "reconnect at once after a restart and sign in by STOMP's CONNECT",
        least=1,
    )
    first_frame_s: float = setting(
        10.0,
        "s",
        "how long a connection to `/ws` without a subprotocol may take to send its first frame, "
        "which determines the protocol",
        least=0.01,
    )
    revoke_s: float = setting(
        4.0,
        "s",
        "how often disabled users and ended sign-ins are looked for: their connections close "
        "within 10 s, even if a hint is lost",
        least=0.01,
    )
    trim_s: float = setting(
        30.0,
        "s",
        "how often each instance deletes log entries that can no longer be replayed",
        least=0.01,
    )
    presence_s: float = setting(
        20.0,
        "s",
        "how long those who look at a room through an instance are believed to, once it is silent. "
        "A killed one's users are `offline` after one and a half of it: 30 s of the 45 that are "
        "promised",
        least=0.1,
    )
    listen_database_url: str = setting(
        "",
        "",
        "PostgreSQL's own address, for the connections by which instances without Redis wake each "
        "other up (LISTEN). Only needed where `DATABASE_URL` leads to a pooler in transaction mode",
        is_secret=True,
    )
    redis_wait_s: float = setting(
        0.5,
        "s",
        "how long a connection that opens, or a SockJS request, waits for Redis before the "
        "instance decides by itself",
        least=0.01,
    )
    drain_s: float = setting(
        25.0, "s", "from SIGTERM to the last connection; orchestrators kill after 30 s"
    )
    drain_spread_s: float = setting(
        8.0,
        "s",
        "a stopping instance disconnects its clients over this time, at most half of "
        "`BELLWIRE_DRAIN_S`, so that they do not all arrive elsewhere in one second. Those of one "
        "of two instances arrive at the other as an eighth of them each second, which leaves it "
        "time for the events of those that it has",
    )
    drain_step_s: float = setting(
        0.1,
        "s",
        "the time between two groups of them, in which a few clients reconnect; a few clients are "
        "disconnected one at each step",
        least=0.001,
    )


@dataclass(frozen=True)
class Budgets:
    """How often one caller may do something (realtime/cluster/budgets.py)."""

    throttles: bool = setting(
        True, "", "`off` for load tests: neither failed sign-ins nor budgets (below) are counted"
    )
    budgets: Mapping[str, Any] = setting({}, "", "JSON: budgets of your own (below)")
    budget_scale: float = setting(
        1.0,
        "times",
        "every default below, except `people.lookup`, times this. In development one person's "
        "scripts act for many users",
        development=10.0,
    )
    budget_wait_s: float = setting(
        0.15,
        "s",
        "how long a request waits for Redis to count a budget before its process counts alone. "
        "Redis on the same network responds within a millisecond",
        least=0.001,
    )


@dataclass(frozen=True)
class Surroundings:
    """What instances share, and where clients come from."""

    redis_urls: tuple[str, ...] = setting(
        (),
        "",
        "one or several, comma-separated (sharded): the same on every instance, in the same order. "
        "Without it, instances that share a PostgreSQL database wake each other up by LISTEN and "
        "NOTIFY; connection limits, presence, SockJS sessions and the list of live connections "
        "are then each instance's own. With SQLite one process only",
        env="REDIS_URL",
        project_name="REDIS_URLS",
    )
    redis_prefix: str = setting(
        "bellwire",
        "",
        "begins all keys and channels: keeps two deployments on one Redis apart, as pub/sub has no "
        "database numbers",
    )
    sockjs_client_url: str = setting(
        "",
        "",
        "the client script of the page inside SockJS's iframe transports",
        env="SOCKJS_CLIENT_URL",
    )
    allowed_origins: tuple[str, ...] = setting(
        (), "", "other origins whose pages may connect with the cookie", is_repeated=True
    )
    json_case: Literal["snake", "camel"] = setting(
        "snake", "", "the case of JSON's field names", choices=("snake", "camel"), is_repeated=True
    )


@dataclass(frozen=True)
class EngineSettings(Surroundings, Budgets, Limits):
    """All settings of the engine but its server's, which are in realtime/server/conf.py."""


engine_conf: Declared[EngineSettings] = declare(EngineSettings, settings, setting_changed)
# The name within `realtime`, as in the other apps.
conf = engine_conf
