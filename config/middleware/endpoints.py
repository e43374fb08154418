"""ASGI middleware around every HTTP door, Django's and the raw ones alike."""

from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings

from api.limits import max_body_bytes
from config.middleware.bodies import ADDRESS_SHARE, UNCOUNTED_BYTES, read_bodies
from config.middleware.budget import ByteBudget
from config.middleware.cors import AllowedOriginsCors

# What a script of another origin may send: what the OpenAPI document and docs/protocol.md name (a
# test keeps them the same), and what fetch-based clients of event streams send by themselves.
ALLOWED = [
    "Accept",
    "Authorization",
    "Cache-Control",
    "Content-Type",
    "Idempotency-Key",
    "Last-Event-ID",
    "X-CSRFToken",
]
# What it may read besides the body.
EXPOSED = ["Realtime-Position", "Realtime-Recovered", "Retry-After"]


def body_budget() -> ByteBudget:
    """What the bodies of all requests may take of this process."""
    return ByteBudget(
        settings.BELLWIRE_BODY_BYTES,
        share=ADDRESS_SHARE,
        free=UNCOUNTED_BYTES,
        room=max_body_bytes(),
    )


def around_http(application: Any, bodies: ByteBudget) -> Any:
    """CORS for the allowed origins, with credentials; inside it, every request's body is read."""
    with_bodies: Any = read_bodies(application, bodies)
    return AllowedOriginsCors(
        with_bodies,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=ALLOWED,
        expose_headers=EXPOSED,
        max_age=600,
    )


def no_such_socket(router: Any) -> ASGI3Application:
    """The router; a path without a door is refused instead of raising (a 500 and a traceback)."""

    async def routed(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        try:
            await router(scope, receive, send)
        except ValueError as error:
            if not str(error).startswith("No route found"):
                raise
            await receive()
            await send({"type": "websocket.close", "code": 1000, "reason": ""})

    return routed
