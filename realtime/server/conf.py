"""The HTTP server's settings. A project that sets none gets these defaults."""

from dataclasses import dataclass

from django.conf import settings
from django.core.signals import setting_changed

from env_settings import Declared, declare, setting


@dataclass(frozen=True)
class ServerLimits:
    """Limits on the connections of `manage.py serve`."""

    header_s: float = setting(
        10.0,
        "s",
        "from the connection, or the first byte of a further request, to the end of its headers; a "
        "WebSocket handshake is one. 408 beyond, or just closed if nothing came. Headers are one "
        "packet or a few; only a client that holds the connection on purpose takes longer",
        least=0.01,
    )
    body_s: float = setting(
        10.0,
        "s",
        "in each such period of an unfinished body, `BELLWIRE_BODY_RATE` bytes a second must "
        "arrive; 408 else",
        least=0.01,
    )
    body_rate: int = setting(
        500, "bytes/s", "the least rate of a body. The slowest mobile links carry some KB/s"
    )
    body_total_s: float = setting(
        300.0,
        "s",
        "all of a body must have come by then, 408 else: its bytes are held until it is complete. "
        "The largest (8 MiB) needs 28 KB/s on average, which the slowest 3G has, and one of 150 KB "
        "the least rate above. Time in which the server itself does not read is not counted",
        least=0.01,
    )
    body_chunks: int = setting(
        10_000,
        "chunks",
        "chunks of one body (`Transfer-Encoding: chunked`) that may be of any size, and one more "
        "for each KiB of it; 400 `INVALID` beyond. Clients that write JSON piece by piece send "
        "some thousands; a body of 8 MiB could have eight million",
        least=1,
    )
    keep_alive_s: float = setting(
        30.0,
        "s",
        "a kept connection without a further request is closed. Clients that pause for less find "
        "it open, even if the process stalls for some seconds",
    )
    send_s: float = setting(
        30.0,
        "s",
        "in each such period with unsent bytes of an answer, the client must take "
        "`BELLWIRE_SEND_RATE` bytes a second; cut else",
        least=0.01,
    )
    send_rate: int = setting(500, "bytes/s", "the least rate at which a client reads an answer")
    connections: int = setting(
        0,
        "connections",
        "connections of one process; 0 is as many as the limit of open files allows, which is "
        "raised to the hard limit at the start. At the cap a new connection takes the place of the "
        "oldest that has not sent a request, or else of the longest idle one",
    )
    connections_per_address: int = setting(
        2_000,
        "connections",
        "of one address (IPv6: /64), 429 beyond. An office of 200 people with five sockets each, "
        "and their pages' requests, fits. Proxies of `FORWARDED_ALLOW_IPS` are not counted: there "
        "the proxy has to do it, as `deploy/nginx.conf` does",
        least=1,
    )


server_conf: Declared[ServerLimits] = declare(ServerLimits, settings, setting_changed)
# The name within `realtime`, as in the other apps.
conf = server_conf
