"""Limits the number of fields in a query string, on every transport, before it is parsed.

Streams, polls, sockets and SockJS parse it on the event loop, which 64 KiB of `a=b&` would block
for 20 ms each time.
"""

from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from config.middleware.refusals import Refusal, refuse

# Our longest query has fifty topics, one in each field.
MAX_FIELDS = 100
_TOO_MANY = Refusal(400, "INVALID", f"A query has {MAX_FIELDS} fields at the most")


def limit_query_fields(application: Any) -> ASGI3Application:
    """Wrap the application, so that it receives no query with more than `MAX_FIELDS` fields."""

    async def bounded(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "lifespan" or scope["query_string"].count(b"&") < MAX_FIELDS:
            await application(scope, receive, send)
        elif scope["type"] == "http":
            await refuse(send, _TOO_MANY)
        else:
            await receive()
            # Closed before it is accepted: the handshake gets a 403.
            await send({"type": "websocket.close", "code": 1008, "reason": _TOO_MANY.message})

    return bounded
