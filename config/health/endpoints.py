"""/healthz, /readyz and /metrics: what orchestrators and Prometheus ask.

Anybody may ask them, as often as they like, and they must answer when nothing else does. So they
are answered without Django's middleware, which takes a dozen turns of the event loop and of threads
for each request, and what takes a database or a processor is done once for all who ask meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any, Generic, TypeVar

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from config.middleware.headers import complete
from realtime import in_thread

logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")

# An orchestrator's probe times out after a second or two itself.
DATABASE_S = 2.0


class Shared(Generic[_Result]):
    """A question that is asked once at a time: who comes meanwhile gets the same answer."""

    def __init__(self, ask: Callable[[], Awaitable[_Result]]) -> None:
        self._ask = ask
        self._asking: asyncio.Future[_Result] | None = None

    async def answer(self) -> _Result:
        """Raises what the question raises."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())
        # Whoever leaves must not take the answer from the others.
        return await asyncio.shield(self._asking)


async def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


async def readyz(request: HttpRequest) -> HttpResponse:
    """503 while the database is away, migrations are missing, the instance drains, or no request
    has found a free slot for some seconds."""
    from config.asgi import admission, runtime

    database = await _database.answer()
    if runtime.is_draining():
        status = "draining"
    elif database != "ok":
        status = "unready"
    elif admission.full_for_s() >= settings.BELLWIRE_BUSY_S:
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
    """The Prometheus families of this process."""
    return HttpResponse(await _figures.answer(), content_type=CONTENT_TYPE_LATEST)


# Only their `process_response` is called.
_ADDING: tuple[Any, ...] = tuple(
    middleware(lambda _: HttpResponse())
    for middleware in (XFrameOptionsMiddleware, SecurityMiddleware)
)


def probe(view: Callable[[HttpRequest], Awaitable[HttpResponse]]) -> Any:
    """The view as an ASGI application of its own, with the headers that Django's middleware adds.

    It builds no URL, sets no cookie and reads no credential, so that a forged Host changes nothing.
    """

    async def application(
        scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        request = ASGIRequest(dict(scope), BytesIO())
        response: Any = complete(request, await view(request))
        for middleware in _ADDING:
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


async def _ask_database() -> str:
    try:
        async with asyncio.timeout(DATABASE_S):
            return "ok" if await in_thread(_migrated) else "migrations are missing"
    except Exception as error:
        logger.warning("The database is away: %s", type(error).__name__)
        return "away"


async def _ask_figures() -> bytes:
    return await asyncio.to_thread(generate_latest)


_database = Shared(_ask_database)
_figures = Shared(_ask_figures)
_migrations: set[str] = set()


def _migrated() -> bool:
    """Whether every migration is applied: asked until it is, then only whether anybody answers."""
    if "applied" in _migrations:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    _migrations.add("applied")
    return True
