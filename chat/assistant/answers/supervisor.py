"""Supervises the background tasks that write this process's answers.

An answer's task belongs to no connection. It may be started from any thread once the answer is
committed, has a context of its own (a request's ends with the request), and ends when the last
chunk is written or this worker no longer owns the answer.
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
from chat.assistant.answers import workers
from chat.assistant.answers.batch_writer import BatchWriter
from chat.assistant.answers.generation import generate_answer
from chat.assistant.generators import Generators
from chat.conf import conf
from realtime import has_trace, in_thread

logger = logging.getLogger(__name__)


class Supervisor:
    """A lifecycle service of `realtime` (realtime/registries/lifecycle_services.py)."""

    def __init__(self) -> None:
        self.name = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._drained_at: float | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._running: dict[int, asyncio.Future[None]] = {}

    # --- from any thread ------------------------------------------------------------------------

    def worker_name(self) -> str:
        """The worker name to store in a new answer. Raises `ApiError` DRAINING or BUSY."""
        if self._loop is None or self._drained_at is not None:
            raise ApiError("DRAINING", "This instance is stopping", 503, retry_after=1)
        if len(self._running) >= limits.CONCURRENT_ANSWERS:
            raise ApiError("BUSY", "Too many answers are being written", 429, retry_after=2)
        return self.name

    def start_answer(self, answer_id: int) -> None:
        """Start writing an answer that was committed with this worker's name."""
        self._schedule(self._start_task, answer_id)

    def abandon_answer(self, answer_id: int) -> None:
        """Stop writing an answer, if this process writes it."""
        self._schedule(self._release, answer_id)

    def _schedule(self, work: Callable[[int], None], answer_id: int) -> None:
        if self._loop is None:
            return
        try:
            self._loop.call_soon_threadsafe(work, answer_id)
        except RuntimeError:
            logger.warning("The loop has stopped; answer %d will be interrupted", answer_id)

    # --- life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._drained_at = None
        self.name = uuid.uuid4().hex
        self._generators = Generators()
        self._retrieval_slots = asyncio.Semaphore(limits.CONCURRENT_RETRIEVALS)
        self._batch_writer = BatchWriter(self.name, on_released=self._release)
        self._suspects: set[int] = set()
        # Whether this worker has a row: a worker without answers sends no heartbeat.
        self._registered = False
        self._service_tasks = [
            self._spawn(self._batch_writer.run()),
            self._spawn(self._run_heartbeat()),
        ]

    def drain(self) -> None:
        """Refuse new answers; those being written have `answers_finish_s` seconds left."""
        self._drained_at = time.monotonic()

    async def stop(self) -> None:
        """Wait for answers being written until the deadline; interrupt the others."""
        since = time.monotonic() if self._drained_at is None else self._drained_at
        self._drained_at = since
        if self._running:
            logger.info("%d answers are being written to their end", len(self._running))
            left = max(since + conf().answers_finish_s - time.monotonic(), 0)
            await asyncio.wait(list(self._running.values()), timeout=left)
        await _cancel(list(self._tasks.values()))
        # Text that they have produced is still stored.
        await self._attempt(self._batch_writer.flush())
        await _cancel(self._service_tasks)
        await self._attempt(self._generators.close())
        if self._running or self._registered:
            await self._attempt(
                in_thread(lambda: workers.interrupt_answers(workers.answer_ids_of(self.name)))
            )
            await self._attempt(in_thread(workers.remove_worker, self.name))
        for answer_id in list(self._running):
            self._release(answer_id)
        self._loop = None

    async def wait_ended(self, answer_id: int) -> None:
        """Wait until an answer of this process has ended, or this worker no longer owns it."""
        future = self._running.get(answer_id)
        if future is not None:
            await asyncio.wait([future])

    # --- on the loop -----------------------------------------------------------------------------

    def _start_task(self, answer_id: int) -> None:
        if self._loop is None or answer_id in self._running:
            return
        self._running[answer_id] = self._loop.create_future()
        work = generate_answer(
            answer_id,
            batch_writer=self._batch_writer,
            generators=self._generators,
            retrieval_slots=self._retrieval_slots,
        )
        task = self._tasks[answer_id] = self._spawn(work)
        task.add_done_callback(lambda _: self._tasks.pop(answer_id, None))

    def _release(self, answer_id: int) -> None:
        self._batch_writer.drop(answer_id)
        task = self._tasks.get(answer_id)
        if task is not None:
            task.cancel()
        future = self._running.pop(answer_id, None)
        if future is not None and not future.done():
            future.set_result(None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(work, context=contextvars.Context())

    async def _run_heartbeat(self) -> None:
        # After an expired heartbeat, give other workers time to renew theirs first.
        no_interrupts_until = 0.0
        while True:
            try:
                if not await self._renew_heartbeat():
                    no_interrupts_until = time.monotonic() + limits.STALE_S
                if time.monotonic() >= no_interrupts_until:
                    await in_thread(workers.interrupt_orphans)
                if self._registered:
                    await self._reconcile()
            except Exception as error:
                logger.warning(
                    "The worker's heartbeat could not be written", exc_info=has_trace(error)
                )
            await asyncio.sleep(limits.HEARTBEAT_S)

    async def _renew_heartbeat(self) -> bool:
        """Renew the heartbeat while there are answers. False if the previous one had expired."""
        if self._running:
            self._registered = True
            return await in_thread(workers.renew_heartbeat, self.name)
        if self._registered:
            await in_thread(workers.remove_worker, self.name)
            self._registered = False
        return True

    async def _reconcile(self) -> None:
        """Drop answers that others have ended; interrupt own ones that no task writes."""
        before = set(self._running)
        owned = await in_thread(workers.answer_ids_of, self.name)
        for answer_id in before - owned:
            self._release(answer_id)
        # A just committed answer starts a moment later: only one seen twice has no task.
        idle = owned - before - set(self._running)
        orphans, self._suspects = idle & self._suspects, idle
        if orphans:
            await in_thread(workers.interrupt_answers, orphans)

    async def _attempt(self, work: Awaitable[Any]) -> None:
        try:
            async with asyncio.timeout(5):
                await work
        except Exception as error:
            logger.warning(
                "A step of stopping the supervisor failed; its answers will be interrupted",
                exc_info=has_trace(error),
            )


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


supervisor = Supervisor()
