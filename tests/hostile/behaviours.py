"""What hostile connections do, by family."""

import uuid

from benchmarks.wire import upgrade
from tests.hostile import traffic
from tests.hostile.attackers import Behaviour, Then

# --- they begin something and do not end it ------------------------------------------------------

# An unknown session: whether it exists is seen only when the body has been read.
XHR_SEND = f"/ws/000/{uuid.uuid4().hex}/xhr_send"

UNFINISHED = [
    Behaviour("silent sockets"),
    Behaviour("half heads", opening=traffic.half_head()),
    Behaviour("half handshakes", opening=traffic.half_handshake()),
    Behaviour("sockets that never sign in", opening=upgrade("/ws", {})),
    Behaviour("half bodies", opening=traffic.half_body(traffic.TOKEN)),
    Behaviour("half chunked bodies", opening=traffic.half_chunked_body(traffic.TOKEN)),
    Behaviour("half bodies of xhr_send", opening=traffic.half_body(XHR_SEND)),
    Behaviour("half chunked bodies of xhr_send", opening=traffic.half_chunked_body(XHR_SEND)),
    Behaviour("dripping heads", opening=traffic.half_head(), then=Then.DRIP, more=b"x" * 4_000),
    Behaviour(
        "dripping bodies",
        opening=traffic.half_body(traffic.TOKEN),
        then=Then.DRIP,
        more=b"x" * 4_000,
    ),
    Behaviour(
        "a second half head",
        opening=traffic.request("GET", "/healthz") + traffic.half_head(),
    ),
]

# --- they ask for much and read nothing of it ----------------------------------------------------

# 1.5 MB, more than all buffers on the way hold.
STATIC_FILE = Behaviour(
    "slow readers of a static file",
    traffic.request("GET", "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"),
    Then.IGNORE,
)


def unread_inbox(token: str) -> Behaviour:
    """A page of a hundred notifications, each as long as it may be."""
    head = traffic.request("GET", "/api/v1/notifications?size=100", traffic.bearer(token))
    return Behaviour("slow readers of an inbox", head, Then.IGNORE)


# --- they fill memory ----------------------------------------------------------------------------

# Below the 8 MiB of any request's body.
BODY_BYTES = 7 * 1024 * 1024
CHUNKED = Behaviour(
    "chunked bodies of 7 MiB",
    traffic.half_chunked_body(traffic.TOKEN, chunk=b" " * BODY_BYTES),
)

# --- they send text that a pattern once took minutes for -----------------------------------------

# The old pattern took 10 s for 3,000 characters, and eight times as long for twice as many.
QUERY = "?" * 3_500 + "%" * 3_500
LONG_QUERIES = [
    Behaviour(
        "queries of requests",
        then=Then.FLOOD,
        more=traffic.request("GET", f"/api/x?{QUERY}"),
    ),
    Behaviour("queries of handshakes", upgrade(f"/ws?{QUERY}", {})),
    Behaviour("queries of SockJS", traffic.request("GET", f"/ws/info?{QUERY}")),
    Behaviour("queries of streams", traffic.request("GET", f"/sse?{QUERY}")),
]

# --- they wait by the hundred --------------------------------------------------------------------


def waiting(path: str, token: str) -> Behaviour:
    """A long poll or a stream."""
    return Behaviour(f"GET {path[:40]}", traffic.request("GET", path, traffic.bearer(token)))
