"""What hostile connections do, by family."""

import uuid

from benchmarks.websocket_frames import upgrade
from tests.hostile import traffic
from tests.hostile.attackers import Behaviour, Then

# --- they begin something and do not end it ------------------------------------------------------

# An unknown session: whether it exists is seen only when the body has been read.
XHR_SEND = f"/ws/000/{uuid.uuid4().hex}/xhr_send"

SILENT = Behaviour("silent sockets")
UNFINISHED = [
    SILENT,
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
    Behaviour("queries of handshakes", upgrade(f"/ws?{QUERY}", {}), Then.LEAVE),
    Behaviour(
        "queries of SockJS", then=Then.FLOOD, more=traffic.request("GET", f"/ws/info?{QUERY}")
    ),
    Behaviour("queries of streams", then=Then.FLOOD, more=traffic.request("GET", f"/sse?{QUERY}")),
]

# --- they send requests that take long to read, one after the other ------------------------------

# nginx takes 16 KiB for a line, and each instance 64 KiB for a head.
_LINE = 14_000
_CHUNKS = b"1\r\nx\r\n" * 2_000


def _flood(name: str, path: str, **headers: str) -> Behaviour:
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    return Behaviour(name, then=Then.FLOOD, more=traffic.request("GET", path, given))


REQUEST_FLOODS = [
    _flood("queries of 100 fields", "/sse?" + "&".join(f"topic=rooms/{n}" for n in range(100))),
    _flood("queries of thousands of fields", "/api/x?" + "a&" * (_LINE // 2)),
    _flood("paths of a thousand characters", "/admin/" + "a/" * 500),
    _flood("heads of 900 headers", "/api/x", **{f"X_{number}": "x" for number in range(900)}),
    _flood("cookies of thousands of pairs", "/api/v1/auth/me", Cookie="a=b;" * (_LINE // 4)),
    _flood("tokens for patterns", "/api/v1/auth/me", Authorization="Bearer " + "eyJ." * 3_000),
    _flood("languages for patterns", "/", Accept_Language="a-" * 2_000 + ",;q=0" * 2_000),
    _flood("made-up tokens of streams", "/sse/notifications", Authorization="Bearer x.y.z"),
    _flood("made-up tokens of polls", "/long-polling/notifications", Authorization="Bearer x"),
    _flood("made-up keys", "/api/v1/jobs", Authorization="Api-Key made.up"),
    _flood("the OpenAPI document", "/api/schema/"),
    _flood("probes", "/readyz"),
    Behaviour(
        "chunks of one byte",
        traffic.half_chunked_body(traffic.TOKEN),
        Then.FLOOD,
        more=_CHUNKS,
    ),
]


def storm(path: str, token: str) -> Behaviour:
    """One poll or stream after the other, as fast as they are refused."""
    more = traffic.request("GET", path, traffic.bearer(token))
    return Behaviour(f"one after the other GET {path[:40]}", then=Then.FLOOD, more=more)


def image_tags(token: str) -> Behaviour:
    """As another site's page sends them: with the cookie, without an Origin."""
    headers = {"Cookie": f"access_token={token}", "Sec-Fetch-Site": "cross-site"}
    more = traffic.request("GET", "/sse/notifications", headers)
    return Behaviour("another site's image tags", then=Then.FLOOD, more=more)


def script(token: str, room: int) -> Behaviour:
    """Messages as fast as they are answered."""
    body = b'{"content": "tea"}'
    headers = {**traffic.bearer(token), "Content-Type": "application/json"}
    more = traffic.request("POST", f"/api/v1/rooms/{room}/messages", headers, body)
    return Behaviour("a script's messages", then=Then.FLOOD, more=more)


# --- they wait by the hundred --------------------------------------------------------------------


def waiting(path: str, token: str) -> Behaviour:
    """A long poll or a stream."""
    return Behaviour(f"GET {path[:40]}", traffic.request("GET", path, traffic.bearer(token)))
