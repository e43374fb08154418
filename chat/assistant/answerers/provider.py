"""Any server that speaks OpenAI's chat completions, through the official SDK.

The SDK is imported when it is first needed: that takes about a second, which no start should.
Tries are repeated only while nothing has been shown: what a user has begun to read never changes.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings

from chat.assistant.answerers import faults, prompt
from chat.assistant.answerers.base import AnswererError, Brief, Usage
from chat.assistant.answerers.chunks import Completion, FailedError

if TYPE_CHECKING:
    import openai

logger = logging.getLogger(__name__)

# A server on the same network answers at once, any other within a second.
CONNECT_S = 5.0
# Before the second try, doubled for each that follows.
BACKOFF_S = 0.5
# Longer than this nobody waits for a provider that asks us to.
WAIT_MOST_S = 10.0

_UNFINISHED = {"length": faults.CUT_SHORT, "content_filter": faults.FILTERED}


@dataclass(frozen=True, slots=True)
class Terms:
    """Where the model is, and how long it may take, in seconds. `retries` are further tries."""

    base_url: str | None
    api_key: str
    model: str
    first_token_s: float
    stall_s: float
    answer_s: float
    retries: int
    context_tokens: int


class _PassingError(AnswererError):
    """One that may be better on another try, after `wait_s` seconds at the least."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Provider:
    """A model behind a server."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._client: openai.AsyncOpenAI | None = None
        self._importing = asyncio.Lock()

    @classmethod
    def configured(cls) -> Provider:
        """The one that the settings name."""
        return cls(
            Terms(
                base_url=settings.LLM_BASE_URL or None,
                # A server of one's own needs none, and the SDK insists on one.
                api_key=settings.LLM_API_KEY or "none",
                model=settings.LLM_MODEL,
                first_token_s=settings.LLM_FIRST_TOKEN_S,
                stall_s=settings.LLM_STALL_S,
                answer_s=settings.LLM_ANSWER_S,
                retries=settings.LLM_RETRIES,
                context_tokens=settings.LLM_CONTEXT_TOKENS,
            )
        )

    @property
    def model(self) -> str:
        return self._terms.model

    async def stream(self, brief: Brief) -> AsyncGenerator[str | Usage, None]:
        """The model's answer. Raises `AnswererError`."""
        messages = prompt.messages(brief, budget=self._terms.context_tokens)
        try:
            async with asyncio.timeout(self._terms.answer_s):
                async with aclosing(self._tried(messages)) as pieces:
                    async for piece in pieces:
                        yield piece
        except TimeoutError:
            raise AnswererError(faults.ENDLESS) from None

    async def close(self) -> None:
        """Give the connections back."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _tried(self, messages: list[prompt.Message]) -> AsyncGenerator[str | Usage, None]:
        for attempt in range(self._terms.retries + 1):
            shown = False
            try:
                async with aclosing(self._once(messages)) as pieces:
                    async for piece in pieces:
                        shown = shown or isinstance(piece, str)
                        yield piece
                return
            except _PassingError as error:
                if shown or attempt == self._terms.retries or error.wait_s > WAIT_MOST_S:
                    raise
                pause = BACKOFF_S * 2**attempt * random.uniform(0.75, 1.25)  # noqa: S311
                await asyncio.sleep(max(pause, error.wait_s))

    async def _once(self, messages: list[prompt.Message]) -> AsyncGenerator[str | Usage, None]:
        client = await self._connected()
        completion = Completion()
        loop = asyncio.get_running_loop()
        try:
            async with (
                asyncio.timeout(self._terms.first_token_s) as patience,
                client.chat.completions.with_streaming_response.create(
                    model=self._terms.model,
                    messages=cast("Any", messages),
                    stream=True,
                    stream_options={"include_usage": True},
                ) as response,
                aclosing(_pieces(response, completion)) as pieces,
            ):
                async for piece in pieces:
                    if completion.began:
                        patience.reschedule(loop.time() + self._terms.stall_s)
                    yield piece
        except AnswererError:
            raise
        except Exception as error:
            raise self._fault(error, began=completion.began) from None
        _refuse_unfinished(completion)

    def _fault(self, error: Exception, *, began: bool) -> AnswererError:
        """What it means to the user, and whether another try may help."""
        sdk, http = (importlib.import_module(name) for name in ("openai", "httpx2"))
        logger.warning("The model %s failed: %r", self._terms.model, error)
        match error:
            case sdk.APIStatusError(status_code=status):
                if faults.passes(status):
                    wait_s = faults.asked_to_wait(error.response.headers)
                    return _PassingError(faults.of_status(status), wait_s)
                return AnswererError(faults.of_status(status))
            case TimeoutError() | sdk.APITimeoutError() | http.TimeoutException():
                return _PassingError(faults.STALLED if began else faults.TOO_SLOW)
            case sdk.APIConnectionError() | http.TransportError():
                return _PassingError(faults.CUT_OFF if began else faults.UNREACHABLE)
            case FailedError():
                return _PassingError(faults.of_status(500))
        return AnswererError(faults.GARBLED)

    async def _connected(self) -> openai.AsyncOpenAI:
        async with self._importing:
            if self._client is None:
                # In a thread, as every connection here would wait for it.
                sdk = await asyncio.to_thread(importlib.import_module, "openai")
                self._client = sdk.AsyncOpenAI(
                    base_url=self._terms.base_url,
                    api_key=self._terms.api_key,
                    # Tries and patience are ours: the SDK knows nothing of what was shown.
                    max_retries=0,
                    timeout=sdk.Timeout(None, connect=CONNECT_S),
                )
            return self._client


async def _pieces(response: Any, completion: Completion) -> AsyncGenerator[str | Usage, None]:
    if "json" in response.headers.get("content-type", ""):
        # A server that does not stream says it all at once.
        for piece in completion.read(await response.read()):
            yield piece
        return
    async for data in response.iter_bytes():
        for piece in completion.feed(data):
            yield piece


def _refuse_unfinished(completion: Completion) -> None:
    """Raise `AnswererError` where the stream is over and the answer is not."""
    if not completion.reason:
        raise _PassingError(faults.CUT_OFF)
    if completion.reason in _UNFINISHED:
        raise AnswererError(_UNFINISHED[completion.reason])
    if not completion.began:
        raise AnswererError(faults.SILENT)
