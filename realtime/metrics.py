"""The engine's Prometheus metric families; /metrics exposes them."""

from prometheus_client import Counter, Gauge, Histogram

CONNECTIONS = Gauge("bellwire_connections", "Open connections", ["transport"])
EVENTS = Counter("bellwire_events_total", "Events that this process's hub took in")
DELIVERIES = Counter("bellwire_deliveries_total", "Events handed to a session")
LATENCY = Histogram(
    "bellwire_delivery_seconds",
    "From the append to the end of the local fan-out, per event",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
OVERFLOWS = Counter("bellwire_outbox_overflows_total", "Sessions let go as slow consumers")
REPLAYS = Counter("bellwire_replays_total", "Subscriptions with a position", ["recovered"])
HOLES = Counter("bellwire_log_reads_total", "Log reads because a wake-up was late or lost")
CLOSES = Counter("bellwire_closes_total", "Connections that the server ended", ["reason"])
HINTS_LOST = Counter("bellwire_hints_dropped_total", "Wake-ups not sent because Redis is away")
REDIS_UP = Gauge("bellwire_redis_up", "Whether the shard answered last", ["shard"])
HINTS_WAITING = Gauge("bellwire_hints_waiting", "Wake-ups that wait to be sent", ["shard"])
TASK_SUCCESS = Gauge(
    "bellwire_task_success_timestamp_seconds",
    "When this process last finished the housekeeping task, in Unix time",
    ["task"],
)
TASK_SECONDS = Gauge(
    "bellwire_task_duration_seconds", "How long that run of the housekeeping task took", ["task"]
)
TASK_FAILURES = Counter(
    "bellwire_task_failures_total", "Failed runs of periodic tasks in this process", ["task"]
)
