"""Every limit of the HTTP server, with its reason. Each is the setting `BELLWIRE_<NAME>`."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The limits in force, in the units given by their names."""

    # Seconds from the connection, or the first byte of a further request, to the last byte of its
    # head. A head is one packet or a few; only a client that holds the connection on purpose takes
    # longer.
    header_s: float
    # In each such period of an unfinished body, `body_rate` bytes per second must arrive. The
    # slowest mobile links carry some KB/s.
    body_s: float
    body_rate: int
    # A whole body must have arrived within this time, at any rate: its bytes are held until it is
    # complete. The largest, of 8 MiB, needs 28 KB/s, which the slowest 3G has; at `body_rate` there
    # is time for 150 KB.
    body_total_s: float
    # Chunks of one body that may be of any size; each KiB of the body allows one more. Clients that
    # write JSON piece by piece send some thousands; each costs a microsecond, and a body of 8 MiB
    # could have eight million.
    body_chunks: int
    # A kept-alive connection without a further request. Clients that pause for less find it open,
    # even if the process stalls for some seconds; idle connections make room for others, so it may
    # be long.
    keep_alive_s: float
    # In each such period with unsent bytes, the client must read `send_rate` bytes per second.
    send_s: float
    send_rate: int
    # Connections of one process; 0 means as many as the limit of open files allows.
    connections: int
    # Connections of one address (IPv6: /64), except trusted proxies. An office of 200 people with
    # five sockets each, and their pages' requests, fits.
    connections_per_address: int


@cache
def server_limits() -> ServerLimits:
    """Return the limits, read once from the settings."""
    fields = ServerLimits.__dataclass_fields__
    return ServerLimits(**{name: getattr(settings, f"BELLWIRE_{name.upper()}") for name in fields})
