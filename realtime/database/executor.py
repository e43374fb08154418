"""The threads in which the engine uses the database.

Outside a request, `database_sync_to_async` shares one thread per process (20 calls of 0.2 s took
4 s); this module has eight of its own. Each call returns its connection, so that none is held while
waiting.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections, reset_queries

P = ParamSpec("P")
R = TypeVar("R")

# Shared by sockets, hub and periodic tasks; each call is one or two short queries.
THREADS = 8
# Threads that one user may use at once: two slow reads of one user leave six threads to all others.
# The same limit applies to an address whose user is not known yet or not verified.
THREADS_PER_USER = 2
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bellwire")


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `function` in one of the engine's threads."""

    def call() -> R:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            # With DEBUG, Django keeps every statement until the end of a request; there is no
            # request here.
            reset_queries()
            _release_connections()

    return await asyncio.get_running_loop().run_in_executor(_pool, call)


async def in_thread_for(
    lane: int | str | None, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Run `function` in a thread; calls of the same `lane` share `THREADS_PER_USER` threads.

    `lane` is a user's id, or a string that identifies a client whose user is not known yet; None
    means no limit. If the caller is cancelled, the call goes on, and counts until its thread has
    returned.
    """
    if lane is None:
        return await in_thread(function, *args, **kwargs)
    share = _shares.setdefault(lane, _Share())
    share.holders += 1
    try:
        await share.free.acquire()
    except BaseException:
        _leave(lane, share)
        raise
    call = asyncio.ensure_future(in_thread(function, *args, **kwargs))

    def returned(done: "asyncio.Future[R]") -> None:
        share.free.release()
        _leave(lane, share)
        if not done.cancelled():
            done.exception()  # retrieve it: the caller may have been cancelled

    call.add_done_callback(returned)
    return await asyncio.shield(call)


class _Share:
    """The threads of one lane. `holders`: calls that use them or wait for them."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(THREADS_PER_USER)
        self.holders = 0


_shares: dict[int | str, _Share] = {}


def _leave(lane: int | str, share: _Share) -> None:
    share.holders -= 1
    if not share.holders and _shares.get(lane) is share:
        del _shares[lane]


def _release_connections() -> None:
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict.get("OPTIONS", {}).get("pool"):
            connection.close()  # return it to the pool
        else:
            connection.close_if_unusable_or_obsolete()
