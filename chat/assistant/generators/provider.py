"""Any server that speaks OpenAI's chat completions, through the official SDK.

The SDK is imported when it is first needed: that takes about a second, which no start should.
Its HTTP client is used, and its reading of streams is not: that ends at the first chunk of another
shape. Tries are repeated only while nothing has been shown: what a user has begun to read never
changes. A server that refuses a part of a request is asked without it (`features.py`).
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from chat.assistant.generators import faults, features, prompt
from chat.assistant.generators.base import GenerationContext, GenerationError, Usage
from chat.assistant.generators.chunks import Completion, FailedError, Signal
from chat.assistant.generators.event_stream import EVENT_BYTES
from chat.assistant.generators.features import Feature, Features

if TYPE_CHECKING:
    import openai

logger = logging.getLogger(__name__)

# A server on the same network answers at once, any other within a second.
CONNECT_S = 5.0
# Before the second try, doubled for each that follows.
BACKOFF_S = 0.5
# Longer than this nobody waits for a provider that asks us to.
WAIT_MOST_S = 10.0
# The usage comes right behind the end of the text, and the end of the response right behind
# `[DONE]`, after which the connection can be used again. A server that leaves either out does not
# delay the answer any longer.
USAGE_S = 2.0
RESPONSE_END_S = 0.1
# 64,000 tokens of reasoning at a kilobyte a chunk, the most that servers wrap around a token.
STREAM_BYTES = 64 << 20

_UNFINISHED = {"length": faults.CUT_SHORT, "content_filter": faults.FILTERED}


@dataclass(frozen=True, slots=True)
class Terms:
    """Where the model is, how long it may take, in seconds, and how much it may send.

    `retries` are further tries; `first_token_s` is also the longest pause while it reasons.
    """

    base_url: str | None
    api_key: str
    model: str
    first_token_s: float
    stall_s: float
    answer_s: float
    retries: int
    context_tokens: int
    event_bytes: int = EVENT_BYTES
    stream_bytes: int = STREAM_BYTES


class _PassingError(GenerationError):
    """One that may be better on another try, after `wait_s` seconds at the least."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class _RefusedFeatureError(GenerationError):
    """The server may take the request without a feature."""

    def __init__(self, message: str, feature: Feature) -> None:
        super().__init__(message)
        self.feature = feature


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
                event_bytes=settings.LLM_EVENT_BYTES,
                stream_bytes=settings.LLM_STREAM_BYTES,
            )
        )

    @property
    def model(self) -> str:
        return self._terms.model

    async def stream(self, context: GenerationContext) -> AsyncGenerator[str | Usage, None]:
        """The model's answer. Raises `GenerationError`."""
        messages = prompt.messages(context, budget=self._terms.context_tokens)
        try:
            async with asyncio.timeout(self._terms.answer_s):
                async with aclosing(self._tried(messages)) as pieces:
                    async for piece in pieces:
                        yield piece
        except TimeoutError:
            raise GenerationError(faults.ENDLESS) from None

    async def close(self) -> None:
        """Give the connections back."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _tried(self, messages: list[prompt.Message]) -> AsyncGenerator[str | Usage, None]:
        for attempt in range(self._terms.retries + 1):
            shown = False
            try:
                async with aclosing(self._adapted(messages)) as pieces:
                    async for piece in pieces:
                        shown = shown or isinstance(piece, str)
                        yield piece
                return
            except _PassingError as error:
                if shown or attempt == self._terms.retries or error.wait_s > WAIT_MOST_S:
                    raise
                pause = BACKOFF_S * 2**attempt * random.uniform(0.75, 1.25)  # noqa: S311
                await asyncio.sleep(max(pause, error.wait_s))

    async def _adapted(self, messages: list[prompt.Message]) -> AsyncGenerator[str | Usage, None]:
        """One try, in as many requests as it takes until the server accepts one of them."""
        sent = features.known(self._terms.base_url or "", self._terms.model)
        while True:
            try:
                async with aclosing(self._once(messages, sent)) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except _RefusedFeatureError as error:
                sent -= {error.feature}

    async def _once(
        self, messages: list[prompt.Message], sent: Features
    ) -> AsyncGenerator[str | Usage, None]:
        client = await self._connected()
        completion = Completion(self._terms.event_bytes)
        loop = asyncio.get_running_loop()
        failure: GenerationError | None = None
        try:
            async with (
                asyncio.timeout(self._terms.first_token_s) as patience,
                client.chat.completions.with_streaming_response.create(
                    **self._request(messages, sent)
                ) as response,
                aclosing(self._pieces(response, completion)) as pieces,
            ):
                features.remember(self._terms.base_url or "", self._terms.model, sent)
                async for piece in pieces:
                    patience.reschedule(loop.time() + self._patience(completion))
                    if not isinstance(piece, Signal):
                        yield piece
        except Exception as error:
            # Of a completion that was whole nothing is missing.
            if not completion.reason:
                failure = self._fault(error, began=completion.began, sent=sent)
        for text in completion.flush():
            yield text
        if failure is not None:
            raise failure
        _refuse_unfinished(completion)

    def _request(self, messages: list[prompt.Message], sent: Features) -> dict[str, Any]:
        request: dict[str, Any] = {"model": self._terms.model, "stream": True}
        has_system_role = Feature.SYSTEM_ROLE in sent
        request["messages"] = (
            messages if has_system_role else features.without_system_role(messages)
        )
        if Feature.STREAM_OPTIONS in sent:
            request["stream_options"] = {"include_usage": True}
        return request

    def _patience(self, completion: Completion) -> float:
        """For how many seconds what comes next is waited for."""
        if completion.done:
            return RESPONSE_END_S
        if completion.reason:
            return USAGE_S
        return self._terms.stall_s if completion.began else self._terms.first_token_s

    def _fault(self, error: Exception, *, began: bool, sent: Features) -> GenerationError:
        """What it means to the user, and whether another try may help."""
        sdk, http = (importlib.import_module(name) for name in ("openai", "httpx2"))
        logger.warning("The model %s failed: %r", self._terms.model, error)
        match error:
            case sdk.APIStatusError(status_code=status):
                feature = features.refused(status, error.response.text, sent)
                if feature is not None:
                    return _RefusedFeatureError(faults.of_status(status), feature)
                if faults.passes(status):
                    wait_s = faults.asked_to_wait(error.response.headers)
                    return _PassingError(faults.of_status(status), wait_s)
                return GenerationError(faults.of_status(status))
            case TimeoutError() | sdk.APITimeoutError() | http.TimeoutException():
                return _PassingError(faults.STALLED if began else faults.TOO_SLOW)
            case sdk.APIConnectionError() | http.TransportError():
                return _PassingError(faults.CUT_OFF if began else faults.UNREACHABLE)
            case FailedError(status=status):
                kind = _PassingError if faults.passes(status) else GenerationError
                return kind(faults.of_status(status))
            case _EndlessError():
                return GenerationError(faults.ENDLESS)
        return GenerationError(faults.GARBLED)

    async def _pieces(
        self, response: Any, completion: Completion
    ) -> AsyncGenerator[str | Usage | Signal, None]:
        is_json = "json" in response.headers.get("content-type", "")
        body, received = bytearray(), 0
        async for data in response.iter_bytes():
            received += len(data)
            if received > self._terms.stream_bytes:
                raise _EndlessError
            if is_json:
                body += data
                continue
            for piece in completion.feed(data):
                yield piece
        # A server that does not stream says it all at once.
        for piece in completion.read(bytes(body)) if is_json else ():
            yield piece
        for piece in completion.finish():
            yield piece

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


class _EndlessError(Exception):
    """More came than any answer has."""


def _refuse_unfinished(completion: Completion) -> None:
    """Raise `GenerationError` where the stream is over and the answer is not."""
    if not completion.reason:
        raise _PassingError(faults.CUT_OFF)
    if completion.reason in _UNFINISHED:
        raise GenerationError(_UNFINISHED[completion.reason])
    if not completion.began:
        raise GenerationError(faults.SILENT)
