"""The endpoints /healthz, /readyz and /metrics, for orchestrators and Prometheus.

They need no credential, have no rate limit, and must respond when nothing else does. So they bypass
Django's middleware, which costs a dozen switches between the event loop and threads for each
request, and concurrent requests share one database query or one metrics rendering.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any, Generic, TypeVar

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from config.conf import conf
from config.middleware.headers import complete
from realtime import in_thread

logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")

# An orchestrator's probe itself times out after a second or two.
DATABASE_S = 2.0


class SingleFlight(Generic[_Result]):
    """Runs one coroutine at a time; concurrent callers share its result."""

    def __init__(self, run: Callable[[], Awaitable[_Result]]) -> None:
        self._run = run
        self._running: asyncio.Future[_Result] | None = None

    async def result(self) -> _Result:
        """Return the shared result, or raise the exception of the coroutine."""
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._run())
        # A caller that is cancelled must not cancel the coroutine for the others.
        return await asyncio.shield(self._running)


async def healthz(request: HttpRequest) -> HttpResponse:
    """Respond 200: the process is alive."""
    return JsonResponse({"status": "ok"})


async def readyz(request: HttpRequest) -> HttpResponse:
    """Respond 503 while the database is unreachable, migrations are missing, the instance drains,
    or no request has found a free slot for some seconds.
    """
    # `config.asgi` imports this module.
    from config.asgi import admission, runtime

    database = await _database.result()
    if runtime.is_draining():
        status = "draining"
    elif database != "ok":
        status = "unready"
    elif admission.full_for_s() >= conf().busy_s:
        status = "busy"
    else:
        status = "ready"
    return JsonResponse(
        {
            "status": status,
            "database": database,
            "redis": runtime.redis,
            **({"redis_shards": shards} if (shards := runtime.redis_shards) else {}),
            "send_path": runtime.send_path,
        },
        status=200 if status == "ready" else 503,
    )


async def metrics(request: HttpRequest) -> HttpResponse:
    """Respond with the Prometheus metric families of this process."""
    return HttpResponse(await _metrics.result(), content_type=CONTENT_TYPE_LATEST)


# Only their `process_response` is called.
_HEADER_MIDDLEWARE: tuple[Any, ...] = tuple(
    middleware(lambda _: HttpResponse())
    for middleware in (XFrameOptionsMiddleware, SecurityMiddleware)
)


def probe(view: Callable[[HttpRequest], Awaitable[HttpResponse]]) -> Any:
    """Return the view as an ASGI application of its own, with the headers that Django's middleware
    adds.

    The view builds no URL, sets no cookie and reads no credential, so a forged Host changes
    nothing.
    """

    async def application(
        scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        request = ASGIRequest(dict(scope), BytesIO())
        response: Any = complete(request, await view(request))
        for middleware in _HEADER_MIDDLEWARE:
            response = middleware.process_response(request, response)
        response["Content-Length"] = str(len(response.content))
        headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
        await send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": headers,
                "trailers": False,
            }
        )
        await send({"type": "http.response.body", "body": response.content, "more_body": False})

    return application


async def _check_database() -> str:
    try:
        async with asyncio.timeout(DATABASE_S):
            return "ok" if await in_thread(_migrated) else "migrations are missing"
    except Exception as error:
        logger.warning("The database is away: %s", type(error).__name__)
        return "away"


async def _render_metrics() -> bytes:
    return await asyncio.to_thread(generate_latest)


_database = SingleFlight(_check_database)
_metrics = SingleFlight(_render_metrics)
_migrations: set[str] = set()


def _migrated() -> bool:
    """Whether every migration is applied. Once that is true, only the connection is checked."""
    if "applied" in _migrations:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    _migrations.add("applied")
    return True
