"""Queries of a bounded number of fields, on every transport, before anybody takes one apart.

Streams, polls, sockets and SockJS read them on the event loop, where 64 KiB of `a=b&` would take
20 ms from everybody each time.
"""

from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from config.middleware.refusals import Refusal, refuse

# The longest of ours names fifty topics, one in each.
MAX_FIELDS = 100
_TOO_MANY = Refusal(400, "INVALID", f"A query has {MAX_FIELDS} fields at the most")


def bound_queries(application: Any) -> ASGI3Application:
    """The application, which sees no query with more than `MAX_FIELDS` fields."""

    async def bounded(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "lifespan" or scope["query_string"].count(b"&") < MAX_FIELDS:
            await application(scope, receive, send)
        elif scope["type"] == "http":
            await refuse(send, _TOO_MANY)
        else:
            await receive()
            # Before it is accepted: the handshake is answered 403.
            await send({"type": "websocket.close", "code": 1008, "reason": _TOO_MANY.message})

    return bounded
