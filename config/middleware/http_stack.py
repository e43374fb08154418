"""ASGI middleware around every HTTP endpoint, Django's views and raw ASGI applications alike."""

from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from api.conf import conf as api_conf
from config.conf import conf
from config.middleware.admission.byte_budget import ByteBudget
from config.middleware.cors import AllowedOriginsCors
from config.middleware.request_bodies import MAX_ADDRESS_SHARE, UNCOUNTED_BYTES, read_bodies

# Request headers that scripts of other origins may send: those of the OpenAPI document and
# docs/protocol.md (a test compares them), and those that fetch-based EventSource clients add.
ALLOWED = [
    "Accept",
    "Authorization",
    "Cache-Control",
    "Content-Type",
    "Idempotency-Key",
    "Last-Event-ID",
    "X-CSRFToken",
]
# Response headers that those scripts may read.
EXPOSED = ["Realtime-Position", "Realtime-Recovered", "Retry-After"]


def body_budget() -> ByteBudget:
    """Return the budget for the bodies of all requests of this process."""
    return ByteBudget(
        conf().body_bytes,
        share=MAX_ADDRESS_SHARE,
        free=UNCOUNTED_BYTES,
        room=api_conf().max_body_bytes,
    )


def wrap_http(application: Any, bodies: ByteBudget) -> Any:
    """Wrap an application with CORS for the allowed origins, and inside it with reading bodies."""
    with_bodies: Any = read_bodies(application, bodies)
    return AllowedOriginsCors(
        with_bodies,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=ALLOWED,
        expose_headers=EXPOSED,
        max_age=600,
    )


def refuse_unknown_sockets(router: Any) -> ASGI3Application:
    """Wrap the router: an unknown path is refused, instead of raising (a 500 and a traceback)."""

    async def routed(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        try:
            await router(scope, receive, send)
        except ValueError as error:
            if not str(error).startswith("No route found"):
                raise
            await receive()
            await send({"type": "websocket.close", "code": 1000, "reason": ""})

    return routed
