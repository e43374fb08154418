"""SIGTERM handling under a server that does not notify the application of its end.

daphne has no lifespan: on SIGTERM it cancels every application and closes nothing, so that clients
see 1006 and do not know that they may reconnect at once.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from types import FrameType

logger = logging.getLogger(__name__)


def finish_before_sigterm(finish: Callable[[], Awaitable[None]]) -> None:
    """On SIGTERM run `finish` on the running loop, then the previous handler.

    A second SIGTERM does not wait. Outside the main thread, as under `runserver`'s reloader, this
    does nothing: signal handlers cannot be set there.
    """
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGTERM)
    if not callable(before):
        return
    tasks: list[asyncio.Task[None]] = []

    async def run(frame: FrameType | None) -> None:
        try:
            await finish()
        except Exception:
            logger.exception("The graceful shutdown failed")
        before(signal.SIGTERM, frame)

    def on_signal(number: int, frame: FrameType | None) -> None:
        if tasks:
            before(number, frame)
        else:
            loop.call_soon_threadsafe(lambda: tasks.append(loop.create_task(run(frame))))

    try:
        signal.signal(signal.SIGTERM, on_signal)
    except ValueError:
        logger.info("SIGTERM is not handled outside the main thread")
