"""Generates answers with any server of OpenAI's chat completions API, through the official SDK.

The SDK is imported on first use: that takes about a second, too long for a start. Its HTTP client
is used, but not its stream parser, which fails at the first chunk of an unknown shape. Attempts are
repeated only while no text has been shown, so that text never changes while a user reads it. If a
server refuses a feature of a request, the request is sent again without it (`features.py`).
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

from chat.assistant.generators import faults, features, prompt
from chat.assistant.generators.base import GenerationContext, GenerationError, Usage
from chat.assistant.generators.completion_stream import CompletionStream, FailedError, Signal
from chat.assistant.generators.event_stream import EVENT_BYTES
from chat.assistant.generators.features import Feature, Features
from chat.conf import conf

if TYPE_CHECKING:
    import openai

logger = logging.getLogger(__name__)

# Connect timeout: a server on the same network accepts at once, any other within a second.
CONNECT_S = 5.0
# Delay before the second attempt, doubled for each further one.
BACKOFF_S = 0.5
# The longest `Retry-After` of a provider that is honoured; beyond it the answer fails.
MAX_RETRY_AFTER_S = 10.0
# Waits after the end of the text: for the usage, and for the end of the response after `[DONE]`,
# which frees the connection for reuse. Both follow at once, unless a server omits them.
USAGE_S = 2.0
RESPONSE_END_S = 0.1
# 64,000 tokens of reasoning at a kilobyte per chunk, the largest overhead of a token seen.
STREAM_BYTES = 64 << 20

_UNFINISHED = {"length": faults.CUT_SHORT, "content_filter": faults.FILTERED}


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """Address, timeouts (seconds) and size limits (bytes) of a model server.

    `retries` counts attempts after the first. `first_token_s` also limits pauses while the model
    reasons, `stall_s` pauses in the text, and `answer_s` the whole answer.
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


class _TransientError(GenerationError):
    """Another attempt may succeed, after at least `wait_s` seconds."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class _RefusedFeatureError(GenerationError):
    """The server may accept the request without this feature."""

    def __init__(self, message: str, feature: Feature) -> None:
        super().__init__(message)
        self.feature = feature


class Provider:
    """Generates answers with a model server."""

    def __init__(self, config: ProviderConfig) -> None:
        self._config = config
        self._client: openai.AsyncOpenAI | None = None
        self._import_lock = asyncio.Lock()

    @classmethod
    def configured(cls) -> Provider:
        """The provider that the settings configure."""
        return cls(
            ProviderConfig(
                base_url=conf().llm_base_url or None,
                # A self-hosted server may need no key, but the SDK requires one.
                api_key=conf().llm_api_key or "none",
                model=conf().llm_model,
                first_token_s=conf().llm_first_token_s,
                stall_s=conf().llm_stall_s,
                answer_s=conf().llm_answer_s,
                retries=conf().llm_retries,
                context_tokens=conf().llm_context_tokens,
                event_bytes=conf().llm_event_bytes,
                stream_bytes=conf().llm_stream_bytes,
            )
        )

    @property
    def model(self) -> str:
        return self._config.model

    async def stream(self, context: GenerationContext) -> AsyncGenerator[str | Usage, None]:
        """The model's answer. Raises `GenerationError`."""
        messages = prompt.messages(context, budget=self._config.context_tokens)
        try:
            async with asyncio.timeout(self._config.answer_s):
                async with aclosing(self._with_retries(messages)) as parts:
                    async for part in parts:
                        yield part
        except TimeoutError:
            raise GenerationError(faults.ENDLESS) from None

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _with_retries(
        self, messages: list[prompt.Message]
    ) -> AsyncGenerator[str | Usage, None]:
        for attempt in range(self._config.retries + 1):
            shown = False
            try:
                async with aclosing(self._with_accepted_features(messages)) as parts:
                    async for part in parts:
                        shown = shown or isinstance(part, str)
                        yield part
                return
            except _TransientError as error:
                if shown or attempt == self._config.retries or error.wait_s > MAX_RETRY_AFTER_S:
                    raise
                pause = BACKOFF_S * 2**attempt * random.uniform(0.75, 1.25)  # noqa: S311
                await asyncio.sleep(max(pause, error.wait_s))

    async def _with_accepted_features(
        self, messages: list[prompt.Message]
    ) -> AsyncGenerator[str | Usage, None]:
        """One attempt: requests with fewer features until the server accepts one."""
        sent = features.known(self._config.base_url or "", self._config.model)
        while True:
            try:
                async with aclosing(self._request_once(messages, sent)) as parts:
                    async for part in parts:
                        yield part
                return
            except _RefusedFeatureError as error:
                sent -= {error.feature}

    async def _request_once(
        self, messages: list[prompt.Message], sent: Features
    ) -> AsyncGenerator[str | Usage, None]:
        client = await self._get_client()
        completion = CompletionStream(self._config.event_bytes)
        loop = asyncio.get_running_loop()
        failure: GenerationError | None = None
        try:
            async with (
                asyncio.timeout(self._config.first_token_s) as deadline,
                client.chat.completions.with_streaming_response.create(
                    **self._request(messages, sent)
                ) as response,
                aclosing(self._read_parts(response, completion)) as parts,
            ):
                features.remember(self._config.base_url or "", self._config.model, sent)
                async for part in parts:
                    deadline.reschedule(loop.time() + self._timeout_s(completion))
                    if not isinstance(part, Signal):
                        yield part
        except Exception as error:
            # An error after the end of the completion loses nothing.
            if not completion.reason:
                failure = self._fault(error, began=completion.began, sent=sent)
        for text in completion.flush():
            yield text
        if failure is not None:
            raise failure
        _refuse_unfinished(completion)

    def _request(self, messages: list[prompt.Message], sent: Features) -> dict[str, Any]:
        request: dict[str, Any] = {"model": self._config.model, "stream": True}
        has_system_role = Feature.SYSTEM_ROLE in sent
        request["messages"] = (
            messages if has_system_role else features.without_system_role(messages)
        )
        if Feature.STREAM_OPTIONS in sent:
            request["stream_options"] = {"include_usage": True}
        return request

    def _timeout_s(self, completion: CompletionStream) -> float:
        """How many seconds to wait for the next chunk."""
        if completion.done:
            return RESPONSE_END_S
        if completion.reason:
            return USAGE_S
        return self._config.stall_s if completion.began else self._config.first_token_s

    def _fault(self, error: Exception, *, began: bool, sent: Features) -> GenerationError:
        """Translate an exception into an error for the user, transient if a retry may help."""
        sdk, http = (importlib.import_module(name) for name in ("openai", "httpx2"))
        logger.warning("The model %s failed: %r", self._config.model, error)
        match error:
            case sdk.APIStatusError(status_code=status):
                feature = features.refused(status, error.response.text, sent)
                if feature is not None:
                    return _RefusedFeatureError(faults.of_status(status), feature)
                if faults.is_transient(status):
                    wait_s = faults.retry_after_s(error.response.headers)
                    return _TransientError(faults.of_status(status), wait_s)
                return GenerationError(faults.of_status(status))
            case TimeoutError() | sdk.APITimeoutError() | http.TimeoutException():
                return _TransientError(faults.STALLED if began else faults.TOO_SLOW)
            case sdk.APIConnectionError() | http.TransportError():
                return _TransientError(faults.CUT_OFF if began else faults.UNREACHABLE)
            case FailedError(status=status):
                kind = _TransientError if faults.is_transient(status) else GenerationError
                return kind(faults.of_status(status))
            case _TooLongError():
                return GenerationError(faults.ENDLESS)
        return GenerationError(faults.GARBLED)

    async def _read_parts(
        self, response: Any, completion: CompletionStream
    ) -> AsyncGenerator[str | Usage | Signal, None]:
        is_json = "json" in response.headers.get("content-type", "")
        body, received = bytearray(), 0
        async for data in response.iter_bytes():
            received += len(data)
            if received > self._config.stream_bytes:
                raise _TooLongError
            if is_json:
                body += data
                continue
            for part in completion.feed(data):
                yield part
        # A server that does not stream sends one JSON body.
        for part in completion.read(bytes(body)) if is_json else ():
            yield part
        for part in completion.finish():
            yield part

    async def _get_client(self) -> openai.AsyncOpenAI:
        async with self._import_lock:
            if self._client is None:
                # In a thread, as the import would block the event loop.
                sdk = await asyncio.to_thread(importlib.import_module, "openai")
                self._client = sdk.AsyncOpenAI(
                    base_url=self._config.base_url,
                    api_key=self._config.api_key,
                    # Retries and timeouts are ours: the SDK does not know what was shown.
                    max_retries=0,
                    timeout=sdk.Timeout(None, connect=CONNECT_S),
                )
            return self._client


class _TooLongError(Exception):
    """The response is longer than any answer."""


def _refuse_unfinished(completion: CompletionStream) -> None:
    """Raise `GenerationError` if the stream ended before the answer."""
    if not completion.reason:
        raise _TransientError(faults.CUT_OFF)
    if completion.reason in _UNFINISHED:
        raise GenerationError(_UNFINISHED[completion.reason])
    if not completion.began:
        raise GenerationError(faults.SILENT)
