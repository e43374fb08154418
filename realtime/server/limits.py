"""Every limit of the HTTP server, with its reason. Each is the setting `BELLWIRE_<NAME>`."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The limits in force, in the units that their names say."""

    # From the connection, or the first byte of a further request, to the last byte of its head. A
    # head is one packet or a few; only a client that holds the connection on purpose takes longer.
    header_s: float
    # In each such period of a body that has not ended, so many bytes per second must arrive. The
    # slowest mobile links carry some KB/s.
    body_s: float
    body_rate: int
    # All of a body must have come by then, however fast the rest came: its bytes are held until it
    # is whole. The largest, of 8 MiB, needs 28 KB/s, which the slowest 3G has; at `body_rate` there
    # is time for 150 KB.
    body_total_s: float
    # Chunks of one body that may be of any size; for each KiB of it there may be one more. What
    # writes JSON piece by piece makes some thousands; each costs a microsecond, and a body of
    # 8 MiB could have eight million.
    body_chunks: int
    # A kept connection without a further request. Clients that pause for less find it open, also
    # where the process stalls for some seconds; idle ones make room for others, so it may be long.
    keep_alive_s: float
    # In each such period with unsent bytes, so many bytes per second must be taken by the client.
    send_s: float
    send_rate: int
    # Connections of one process; 0 is as many as the limit of open files allows.
    connections: int
    # Of one address (IPv6: /64), but for a trusted proxy's. An office of 200 people with five
    # sockets each, and their pages' requests, fits.
    connections_per_address: int


@cache
def server_limits() -> ServerLimits:
    """Read once from the settings."""
    fields = ServerLimits.__dataclass_fields__
    return ServerLimits(**{name: getattr(settings, f"BELLWIRE_{name.upper()}") for name in fields})
