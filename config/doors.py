"""ASGI middleware around every HTTP door, Django's and the raw ones alike."""

import asyncio
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings
from starlette.middleware.cors import CORSMiddleware

from config.bodies import check_requests

# What a script of another origin may read besides the body.
EXPOSED = ["Realtime-Position", "Realtime-Recovered", "Retry-After"]


def around_http(application: Any) -> Any:
    """CORS for the allowed origins, with credentials; inside it, the check of every request."""
    checked: Any = check_requests(application)
    return CORSMiddleware(
        checked,
        allow_origins=settings.BELLWIRE_ALLOWED_ORIGINS,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "X-CSRFToken", "Idempotency-Key"],
        expose_headers=EXPOSED,
        max_age=600,
    )


# Asked by orchestrators, most of all when every other request is stuck.
UNLIMITED = frozenset({"/healthz", "/readyz", "/metrics"})


def limit_concurrency(application: Any, *, at_once: int) -> ASGI3Application:
    """At most `at_once` requests run; the others wait their turn.

    Every synchronous view takes a thread and a database connection, and the connections are the
    real limit: beyond it, more threads only wait for each other inside the pool.
    """
    turn = asyncio.Semaphore(at_once)

    async def limited(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http" and scope["path"] in UNLIMITED:
            await application(scope, receive, send)
            return
        async with turn:
            await application(scope, receive, send)

    return limited


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
