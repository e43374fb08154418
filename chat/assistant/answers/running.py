"""One answer, from its question to its end. Whatever goes wrong, it ends."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace

from chat.assistant import limits, payload
from chat.assistant.answerers import Answerers, embedded, faults, phrases
from chat.assistant.answerers.base import Answerer, AnswererError, Brief, Usage
from chat.assistant.answerers.citations import Citations
from chat.assistant.answers.pen import Pen
from chat.assistant.answers.preparing import brief_of
from chat.assistant.answers.writing import Final
from chat.assistant.models import Status
from realtime.executor import in_thread

logger = logging.getLogger(__name__)

_OUR_FAULT = "Something went wrong here; ask for the answer again"


async def answer(
    answer_id: int, *, pen: Pen, answerers: Answerers, looking: asyncio.Semaphore
) -> None:
    """Write the answer, as long as it is ours: otherwise this is cancelled."""
    writing = _Writing(answer_id, pen)
    try:
        async with looking:
            brief = await in_thread(brief_of, answer_id)
        if brief is None:
            writing.fails(_OUR_FAULT)  # deleted meanwhile: that is written nowhere
        else:
            await writing.write(brief, answerers.current())
    except AnswererError as error:
        writing.fails(str(error))
    except Exception:
        logger.exception("Answer %d failed", answer_id)
        writing.fails(_OUR_FAULT)


class _Writing:
    def __init__(self, answer_id: int, pen: Pen) -> None:
        self._id = answer_id
        self._pen = pen
        self._chars = 0
        self._cited = 0
        self._usage: Usage | None = None

    async def write(self, brief: Brief, answerer: Answerer) -> None:
        if not answerer.model:
            self._pen.begin(self._id, sources=payload.sources(embedded.quoted(brief)), model="")
            await self._stream(brief, answerer, Citations(()))
            return
        if brief.is_small_talk:
            # Whatever has the same word in it is not what a greeting asks for.
            brief = replace(brief, passages=())
        self._pen.begin(self._id, sources=[], model=answerer.model)
        await self._stream(brief, answerer, Citations(brief.passages))

    async def _stream(self, brief: Brief, answerer: Answerer, citations: Citations) -> None:
        if not brief.passages and not (answerer.model and brief.is_small_talk):
            self._say(phrases.not_covered(brief.question) + "\n\n")
        try:
            async with aclosing(answerer.stream(brief)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Usage):
                        self._usage = piece
                    else:
                        self._cite(citations, citations.feed(piece))
        except AnswererError:
            self._say(citations.finish())
            raise
        self._say(citations.finish())
        self._pen.end(self._id, Final(Status.COMPLETE, usage=self._usage))

    def _cite(self, citations: Citations, text: str) -> None:
        """Write text, and the sources that it names for the first time."""
        self._say(text)
        if len(citations.used) > self._cited:
            self._cited = len(citations.used)
            self._pen.cite(self._id, payload.sources(citations.used))

    def fails(self, words: str) -> None:
        self._pen.end(self._id, Final(Status.FAILED, "MODEL_ERROR", words, self._usage))

    def _say(self, text: str) -> None:
        self._chars += len(text)
        if self._chars > limits.ANSWER_CHARS:
            raise AnswererError(faults.ENDLESS)
        self._pen.write(self._id, text)
