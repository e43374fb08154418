"""The threads in which the engine uses the database.

Outside a request, `database_sync_to_async` shares one thread per process (20 calls of 0.2 s took
4 s); here are eight of our own. A connection is given back after each call, so that none is held
across a wait.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

P = ParamSpec("P")
R = TypeVar("R")

# Sockets, hub and chores together; each call is one or two short queries.
THREADS = 8
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bellwire")


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `function` in one of the engine's threads."""

    def call() -> R:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            _give_back()

    return await asyncio.get_running_loop().run_in_executor(_pool, call)


def _give_back() -> None:
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict.get("OPTIONS", {}).get("pool"):
            connection.close()  # back into the pool
        else:
            connection.close_if_unusable_or_obsolete()
