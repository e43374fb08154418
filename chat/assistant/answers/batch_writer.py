"""What the answers of a process want written, collected: one commit for all, 15 times a second."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chat.assistant import limits
from chat.assistant.answers.chunk_store import Chunk, Completion, write
from chat.assistant.payload import Payload
from realtime import in_thread, is_unavailable

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _PendingAnswer:
    """One answer that is being written: how much of it has been, and what waits."""

    written: int = 0
    texts: list[str] = field(default_factory=list)
    sources: Sequence[Payload] | None = None
    model: str = ""
    completion: Completion | None = None

    def take(self, answer_id: int) -> Chunk:
        """What waits, from now on on its way."""
        text = "".join(self.texts)
        chunk = Chunk(answer_id, self.written, text, self.sources, self.model, self.completion)
        self.written += len(text)
        self.texts.clear()
        self.sources = None
        return chunk


class BatchWriter:
    """One per supervisor, on its loop. `lost` is told of answers that are not ours any more."""

    def __init__(self, worker: str, *, lost: Callable[[int], None]) -> None:
        self._worker = worker
        self._lost = lost
        self._pending: dict[int, _PendingAnswer] = {}
        self._due: set[int] = set()
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, answer_id: int, *, sources: Sequence[Payload], model: str) -> None:
        """An answer begins: what it is made from, and by whom."""
        pending = self._pending.setdefault(answer_id, _PendingAnswer())
        pending.sources, pending.model = sources, model
        self._soon(answer_id)

    def cite(self, answer_id: int, sources: Sequence[Payload]) -> None:
        """What the answer is made from, as far as it has been written."""
        self._pending.setdefault(answer_id, _PendingAnswer()).sources = sources
        self._soon(answer_id)

    def write(self, answer_id: int, text: str) -> None:
        """More of an answer."""
        if text:
            self._pending.setdefault(answer_id, _PendingAnswer()).texts.append(text)
            self._soon(answer_id)

    def end(self, answer_id: int, completion: Completion) -> None:
        """Nothing more comes."""
        self._pending.setdefault(answer_id, _PendingAnswer()).completion = completion
        self._soon(answer_id)

    def drop(self, answer_id: int) -> None:
        """The answer is not ours any more: what waits is written nowhere."""
        self._pending.pop(answer_id, None)
        self._due.discard(answer_id)

    def holds(self, answer_id: int) -> bool:
        """Whether something of the answer may still be written."""
        return answer_id in self._pending

    async def rest(self) -> None:
        """Wait until everything is written."""
        await self._idle.wait()

    async def run(self) -> None:
        """Write, for as long as the process lives."""
        next_turn = 0.0
        while True:
            await self._news.wait()
            # What comes first after a pause goes at once, what comes then waits for others.
            await asyncio.sleep(max(next_turn - time.monotonic(), 0))
            self._news.clear()
            next_turn = time.monotonic() + limits.BATCH_S
            due, self._due = self._due, set()
            chunks = [
                pending.take(answer_id)
                for answer_id in sorted(due)
                if (pending := self._pending.get(answer_id)) is not None
            ]
            if chunks:
                await self._write(chunks)
            if not self._due:
                self._idle.set()

    def _soon(self, answer_id: int) -> None:
        self._due.add(answer_id)
        self._idle.clear()
        self._news.set()

    async def _write(self, chunks: Sequence[Chunk]) -> None:
        told = False
        while True:
            try:
                self._forget(await in_thread(write, self._worker, chunks))
                return
            except Exception as error:
                if is_unavailable(error):
                    if not told:
                        logger.warning("Answers cannot be written; trying again")
                    told = True
                    await asyncio.sleep(limits.RETRY_S)
                    continue
                if len(chunks) == 1:
                    # The sweep ends what nobody writes.
                    logger.exception("Answer %d cannot be written", chunks[0].answer_id)
                    self._forget({chunks[0].answer_id})
                    return
                for chunk in chunks:
                    await self._write([chunk])
                return

    def _forget(self, ids: set[int]) -> None:
        for answer_id in ids:
            self.drop(answer_id)
            self._lost(answer_id)
