"""The process's own answers: tasks that belong to no connection, and are held here.

An answer is begun from whatever thread has committed it, lives in a context of its own (a request's
ends with the request), and ends when its last part is written or it is not ours any more.
"""

import asyncio
import contextvars
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from api.errors import ApiError
from chat.assistant import limits
from realtime import has_trace, in_thread

logger = logging.getLogger(__name__)


class Supervisor:
    """A resident of the engine (realtime/registries/lifecycle_services.py)."""

    def __init__(self) -> None:
        self.name = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._drained_at: float | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._over: dict[int, asyncio.Future[None]] = {}

    # --- from any thread ------------------------------------------------------------------------

    def worker_name(self) -> str:
        """The name under which an answer is ours. Raises `ApiError` while there can be none."""
        if self._loop is None or self._drained_at is not None:
            raise ApiError("DRAINING", "This instance is stopping", 503, retry_after=1)
        if len(self._over) >= limits.ANSWERS_AT_ONCE:
            raise ApiError("BUSY", "Too many answers are being written", 429, retry_after=2)
        return self.name

    def begin(self, answer_id: int) -> None:
        """Write an answer that has been committed as ours."""
        self._soon(self._begin, answer_id)

    def forget(self, answer_id: int) -> None:
        """Write no more of an answer, if it is ours."""
        self._soon(self._forget, answer_id)

    def _soon(self, work: Callable[[int], None], answer_id: int) -> None:
        if self._loop is None:
            return
        try:
            self._loop.call_soon_threadsafe(work, answer_id)
        except RuntimeError:
            logger.warning("The loop has stopped; answer %d is left to the sweep", answer_id)

    # --- life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start on the running loop."""
        from chat.assistant.answers.batch_writer import BatchWriter
        from chat.assistant.generators import Generators

        self._loop = asyncio.get_running_loop()
        self._drained_at = None
        self.name = uuid.uuid4().hex
        self._generators = Generators()
        self._looking = asyncio.Semaphore(limits.LOOKING_AT_ONCE)
        self._batch_writer = BatchWriter(self.name, lost=self._forget)
        self._alone: set[int] = set()
        # Whether others may have heard of this worker: without answers it has nothing to say.
        self._known = False
        self._parts = [self._spawn(self._batch_writer.run()), self._spawn(self._beat())]

    def drain(self) -> None:
        """Take on nothing new; what is being written has 20 s left."""
        self._drained_at = time.monotonic()

    async def stop(self) -> None:
        """Wait for what is being written, for so long; interrupt the rest."""
        from chat.assistant.answers import workers

        since = time.monotonic() if self._drained_at is None else self._drained_at
        self._drained_at = since
        if self._over:
            logger.info("%d answers are being written to their end", len(self._over))
            left = max(since + limits.finish_s() - time.monotonic(), 0)
            await asyncio.wait(list(self._over.values()), timeout=left)
        await _cancel(list(self._tasks.values()))
        # What they had written is kept.
        await self._quietly(self._batch_writer.rest())
        await _cancel(self._parts)
        await self._quietly(self._generators.close())
        if self._over or self._known:
            await self._quietly(in_thread(lambda: workers.interrupt(workers.mine(self.name))))
            await self._quietly(in_thread(workers.leave, self.name))
        for answer_id in list(self._over):
            self._forget(answer_id)
        self._loop = None

    async def over(self, answer_id: int) -> None:
        """Wait until an answer that was begun here has ended, or is not ours any more."""
        future = self._over.get(answer_id)
        if future is not None:
            await asyncio.wait([future])

    # --- on the loop -----------------------------------------------------------------------------

    def _begin(self, answer_id: int) -> None:
        from chat.assistant.answers.generation import answer

        if self._loop is None or answer_id in self._over:
            return
        self._over[answer_id] = self._loop.create_future()
        work = answer(
            answer_id,
            batch_writer=self._batch_writer,
            generators=self._generators,
            looking=self._looking,
        )
        task = self._tasks[answer_id] = self._spawn(work)
        task.add_done_callback(lambda _: self._tasks.pop(answer_id, None))

    def _forget(self, answer_id: int) -> None:
        self._batch_writer.drop(answer_id)
        task = self._tasks.get(answer_id)
        if task is not None:
            task.cancel()
        future = self._over.pop(answer_id, None)
        if future is not None and not future.done():
            future.set_result(None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(work, context=contextvars.Context())

    async def _beat(self) -> None:
        from chat.assistant.answers import workers

        # Until then others may not have had the time to say that they live.
        quiet_until = 0.0
        while True:
            try:
                if not await self._renew_lease():
                    quiet_until = time.monotonic() + limits.STALE_S
                if time.monotonic() >= quiet_until:
                    await in_thread(workers.sweep)
                if self._known:
                    await self._compare()
            except Exception as error:
                logger.warning("A worker could not say that it lives", exc_info=has_trace(error))
            await asyncio.sleep(limits.HEARTBEAT_S)

    async def _renew_lease(self) -> bool:
        """Beat while there are answers. False: we were taken for dead."""
        from chat.assistant.answers import workers

        if self._over:
            self._known = True
            return await in_thread(workers.beat, self.name)
        if self._known:
            await in_thread(workers.leave, self.name)
            self._known = False
        return True

    async def _compare(self) -> None:
        """Give up answers that others have ended, and end those that nobody writes."""
        from chat.assistant.answers import workers

        before = set(self._over)
        mine = await in_thread(workers.mine, self.name)
        for answer_id in before - mine:
            self._forget(answer_id)
        # One that was committed this moment is begun the next: only who is seen twice is alone.
        alone = mine - before - set(self._over)
        orphans, self._alone = alone & self._alone, alone
        if orphans:
            await in_thread(workers.interrupt, orphans)

    async def _quietly(self, work: Awaitable[Any]) -> None:
        try:
            async with asyncio.timeout(5):
                await work
        except Exception as error:
            logger.warning("An answer's end is left to the sweep", exc_info=has_trace(error))


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


supervisor = Supervisor()
