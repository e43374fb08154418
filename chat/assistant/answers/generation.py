"""Writes one answer from its question to its end. Every failure ends the answer."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace

from chat.assistant import limits, payload
from chat.assistant.answers.batch_writer import BatchWriter
from chat.assistant.answers.chunk_store import Completion
from chat.assistant.answers.context import context_of
from chat.assistant.generators import (
    Generators,
    embedded,
    faults,
    phrases,
)
from chat.assistant.generators.base import (
    AnswerGenerator,
    GenerationContext,
    GenerationError,
    Usage,
)
from chat.assistant.generators.citations import Citations
from chat.assistant.models import Status
from realtime import in_thread

logger = logging.getLogger(__name__)

_OUR_FAULT = "Something went wrong here; ask for the answer again"


async def generate_answer(
    answer_id: int,
    *,
    batch_writer: BatchWriter,
    generators: Generators,
    retrieval_slots: asyncio.Semaphore,
) -> None:
    """Write the answer. Cancelled when this worker no longer owns it."""
    writer = _AnswerWriter(answer_id, batch_writer)
    try:
        async with retrieval_slots:
            context = await in_thread(context_of, answer_id)
        if context is None:
            writer.fail(_OUR_FAULT)  # deleted meanwhile: the chunk store discards it
        else:
            await writer.write(context, generators.current())
    except GenerationError as error:
        writer.fail(str(error))
    except Exception:
        logger.exception("Answer %d failed", answer_id)
        writer.fail(_OUR_FAULT)


class _AnswerWriter:
    def __init__(self, answer_id: int, batch_writer: BatchWriter) -> None:
        self._id = answer_id
        self._batch_writer = batch_writer
        self._chars = 0
        self._cited = 0
        self._usage: Usage | None = None

    async def write(self, context: GenerationContext, generator: AnswerGenerator) -> None:
        if not generator.model:
            self._batch_writer.begin(
                self._id, sources=payload.sources(embedded.quoted(context)), model=""
            )
            await self._stream(context, generator, Citations(()))
            return
        if context.is_small_talk:
            # A passage that shares a word with a greeting is not relevant to it.
            context = replace(context, passages=())
        self._batch_writer.begin(self._id, sources=[], model=generator.model)
        await self._stream(context, generator, Citations(context.passages))

    async def _stream(
        self, context: GenerationContext, generator: AnswerGenerator, citations: Citations
    ) -> None:
        if not context.passages and not (generator.model and context.is_small_talk):
            self._write_text(phrases.not_covered(context.question) + "\n\n")
        try:
            async with aclosing(generator.stream(context)) as parts:
                async for part in parts:
                    if isinstance(part, Usage):
                        self._usage = part
                    else:
                        self._cite(citations, citations.feed(part))
        except GenerationError:
            self._write_text(citations.finish())
            raise
        self._write_text(citations.finish())
        self._batch_writer.end(self._id, Completion(Status.COMPLETE, usage=self._usage))

    def _cite(self, citations: Citations, text: str) -> None:
        """Write text, and the sources that it cites for the first time."""
        self._write_text(text)
        if len(citations.used) > self._cited:
            self._cited = len(citations.used)
            self._batch_writer.cite(self._id, payload.sources(citations.used))

    def fail(self, message: str) -> None:
        self._batch_writer.end(
            self._id, Completion(Status.FAILED, "MODEL_ERROR", message, self._usage)
        )

    def _write_text(self, text: str) -> None:
        self._chars += len(text)
        if self._chars > limits.ANSWER_CHARS:
            raise GenerationError(faults.ENDLESS)
        self._batch_writer.write(self._id, text)
