"""Every limit of the HTTP server, with its default and its reason.

Each may be set as `BELLWIRE_<NAME>` in Django's settings; a project that sets none gets these.
"""

from dataclasses import dataclass
from functools import cache

from realtime.limits import from_settings


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The limits in force, in the units given by their names."""

    # Seconds from the connection, or the first byte of a further request, to the last byte of its
    # head. A head is one packet or a few; only a client that holds the connection on purpose takes
    # longer.
    header_s: float = 10.0
    # In each such period of an unfinished body, `body_rate` bytes per second must arrive. The
    # slowest mobile links carry some KB/s.
    body_s: float = 10.0
    body_rate: int = 500
    # A whole body must have arrived within this time, at any rate: its bytes are held until it is
    # complete. The largest, of 8 MiB, needs 28 KB/s, which the slowest 3G has; at `body_rate` there
    # is time for 150 KB.
    body_total_s: float = 300.0
    # Chunks of one body that may be of any size; each KiB of the body allows one more. Clients that
    # write JSON piece by piece send some thousands; each costs a microsecond, and a body of 8 MiB
    # could have eight million.
    body_chunks: int = 10_000
    # A kept-alive connection without a further request. Clients that pause for less find it open,
    # even if the process stalls for some seconds; idle connections make room for others, so it may
    # be long.
    keep_alive_s: float = 30.0
    # In each such period with unsent bytes, the client must read `send_rate` bytes per second.
    send_s: float = 30.0
    send_rate: int = 500
    # Connections of one process; 0 means as many as the limit of open files allows.
    connections: int = 0
    # Connections of one address (IPv6: /64), except trusted proxies. An office of 200 people with
    # five sockets each, and their pages' requests, fits.
    connections_per_address: int = 2_000


@cache
def server_limits() -> ServerLimits:
    """Return the limits, read once from the settings."""
    return from_settings(ServerLimits)
