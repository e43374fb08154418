"""/healthz, /readyz and /metrics: what orchestrators and Prometheus ask."""

import asyncio
import logging

from django.conf import settings
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
    """503 while the database is away, migrations are missing, the instance drains, or no request
    has found a free slot for some seconds."""
    from config.asgi import admission, runtime

    database = await _database()
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
            "send_path": runtime.send_path,
        },
        status=200 if status == "ready" else 503,
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
