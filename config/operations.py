"""/healthz, /readyz and /metrics: what orchestrators and Prometheus ask."""

import asyncio
import logging

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from realtime.executor import in_thread

logger = logging.getLogger(__name__)

# An orchestrator's probe times out after a second or two itself.
DATABASE_S = 2.0


async def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


async def readyz(request: HttpRequest) -> HttpResponse:
    """503 only while the database is away, migrations are missing, or the instance drains."""
    from config.asgi import runtime

    database = await _database()
    ready = database == "ok" and not runtime.is_draining()
    return JsonResponse(
        {
            "status": "ready" if ready else "draining" if runtime.is_draining() else "unready",
            "database": database,
            "redis": runtime.redis,
            "send_path": runtime.send_path,
        },
        status=200 if ready else 503,
    )


async def metrics(request: HttpRequest) -> HttpResponse:
    """The Prometheus families of this process."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


async def _database() -> str:
    try:
        async with asyncio.timeout(DATABASE_S):
            return "ok" if await in_thread(_migrated) else "migrations are missing"
    except Exception as error:
        logger.warning("The database is away: %s", type(error).__name__)
        return "away"


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
