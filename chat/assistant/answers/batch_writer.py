"""Collects the chunks of all answers of a process, and commits them together 15 times a second."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chat.assistant import limits
from chat.assistant.answers.chunk_store import Chunk, Completion, store_chunks
from chat.assistant.payload import Payload
from realtime import in_thread, is_unavailable

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _PendingAnswer:
    """A streaming answer: the number of characters written, and what is still to be written."""

    written: int = 0
    texts: list[str] = field(default_factory=list)
    sources: Sequence[Payload] | None = None
    model: str = ""
    completion: Completion | None = None

    def next_chunk(self, answer_id: int) -> Chunk:
        """Remove and return all pending text, sources and completion as one chunk."""
        text = "".join(self.texts)
        chunk = Chunk(answer_id, self.written, text, self.sources, self.model, self.completion)
        self.written += len(text)
        self.texts.clear()
        self.sources = None
        return chunk


class BatchWriter:
    """One per supervisor, on its loop.

    `on_released` is called with the id of each answer that this worker no longer owns.
    """

    def __init__(self, worker: str, *, on_released: Callable[[int], None]) -> None:
        self._worker = worker
        self._on_released = on_released
        self._pending: dict[int, _PendingAnswer] = {}
        self._due: set[int] = set()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, answer_id: int, *, sources: Sequence[Payload], model: str) -> None:
        """Set an answer's first sources, and the name of its model."""
        pending = self._pending.setdefault(answer_id, _PendingAnswer())
        pending.sources, pending.model = sources, model
        self._schedule(answer_id)

    def cite(self, answer_id: int, sources: Sequence[Payload]) -> None:
        """Replace the answer's sources by those cited so far."""
        self._pending.setdefault(answer_id, _PendingAnswer()).sources = sources
        self._schedule(answer_id)

    def write(self, answer_id: int, text: str) -> None:
        """Append text to an answer."""
        if text:
            self._pending.setdefault(answer_id, _PendingAnswer()).texts.append(text)
            self._schedule(answer_id)

    def end(self, answer_id: int, completion: Completion) -> None:
        """Set how the answer ends. Nothing may be written after it."""
        self._pending.setdefault(answer_id, _PendingAnswer()).completion = completion
        self._schedule(answer_id)

    def drop(self, answer_id: int) -> None:
        """Discard what is pending of an answer that this worker no longer owns."""
        self._pending.pop(answer_id, None)
        self._due.discard(answer_id)

    def holds(self, answer_id: int) -> bool:
        """Whether the answer may still be written to."""
        return answer_id in self._pending

    async def flush(self) -> None:
        """Wait until everything is written."""
        await self._idle.wait()

    async def run(self) -> None:
        """Write batches until cancelled."""
        next_batch = 0.0
        while True:
            await self._wake.wait()
            # The first chunk after a pause is written at once; later ones wait for the next batch.
            await asyncio.sleep(max(next_batch - time.monotonic(), 0))
            self._wake.clear()
            next_batch = time.monotonic() + limits.BATCH_S
            due, self._due = self._due, set()
            chunks = [
                pending.next_chunk(answer_id)
                for answer_id in sorted(due)
                if (pending := self._pending.get(answer_id)) is not None
            ]
            if chunks:
                await self._write(chunks)
            if not self._due:
                self._idle.set()

    def _schedule(self, answer_id: int) -> None:
        self._due.add(answer_id)
        self._idle.clear()
        self._wake.set()

    async def _write(self, chunks: Sequence[Chunk]) -> None:
        warned = False
        while True:
            try:
                self._release(await in_thread(store_chunks, self._worker, chunks))
                return
            except Exception as error:
                if is_unavailable(error):
                    if not warned:
                        logger.warning("Answers cannot be written; trying again")
                    warned = True
                    await asyncio.sleep(limits.RETRY_S)
                    continue
                if len(chunks) == 1:
                    # `workers.interrupt_orphans` ends it later.
                    logger.exception("Answer %d cannot be written", chunks[0].answer_id)
                    self._release({chunks[0].answer_id})
                    return
                for chunk in chunks:
                    await self._write([chunk])
                return

    def _release(self, ids: set[int]) -> None:
        for answer_id in ids:
            self.drop(answer_id)
            self._on_released(answer_id)
