"""Parses the stream of a chat completion: bytes in; text, usage and signals out. Pure.

`tests/chat/assistant/event_shapes.py` lists what each kind of server sends.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

from chat.assistant.generators.base import Usage
from chat.assistant.generators.clean import Cleaner
from chat.assistant.generators.event_stream import (
    EVENT_BYTES,
    Done,
    GarbledError,
    JsonEventStream,
    parse,
)
from chat.assistant.generators.reasoning import ReasoningFilter

__all__ = ["CompletionStream", "FailedError", "GarbledError", "Signal"]

_MOST_TOKENS: Final = 2**31 - 1
# Finish reasons for an answer of the maximum length.
_LENGTH: Final = frozenset({"length", "max_tokens", "model_length"})
# Finish reasons for a failure of the server.
_FAILED: Final = frozenset({"error", "insufficient_system_resource"})
_UNFINISHED: Final = frozenset({"", "null", "none"})


class Signal(Enum):
    """What a chunk carries other than text and usage."""

    # The model is reasoning; none of it is shown.
    REASONING = "reasoning"
    # The answer is complete. Only its usage may follow.
    FINISHED = "finished"


class FailedError(Exception):
    """The server reports a failure in mid-stream; `status` is the HTTP status that it gives."""

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.status = status


class CompletionStream:
    """The stream of one completion.

    `began` tells whether text has been received, `reason` why the completion has ended ("" before
    that), and `done` that nothing more will be sent.
    """

    def __init__(self, event_bytes: int = EVENT_BYTES) -> None:
        self.began = False
        self.done = False
        self.reason = ""
        self._events = JsonEventStream(event_bytes)
        self._cleaner = Cleaner()
        self._reasoning = ReasoningFilter()

    def read(self, body: bytes) -> Iterator[str | Usage | Signal]:
        """Parse a complete body of type JSON.

        It is a completion that was not streamed, or an event stream with a wrong content type.
        """
        try:
            value = parse(body)
        except GarbledError:
            yield from self.feed(body)
        else:
            yield from self.parse_value(value)

    def feed(self, data: bytes) -> Iterator[str | Usage | Signal]:
        """Parse more bytes of the stream. Raises `GarbledError`, `FailedError`."""
        for value in self._events.feed(data):
            yield from self.parse_value(value)

    def finish(self) -> Iterator[str | Usage | Signal]:
        """Parse what was held back, when the stream has ended."""
        for value in self._events.finish():
            yield from self.parse_value(value)
        yield from self.flush()

    def flush(self) -> Iterator[str]:
        """The text that was held back."""
        text = self._reasoning.feed(self._cleaner.finish())
        yield from self._shown(text + self._reasoning.finish(complete=self.reason == "stop"))

    def parse_value(self, value: Any) -> Iterator[str | Usage | Signal]:
        """Parse the JSON value of an event, or a completion that was not streamed."""
        if self.done:
            return
        if value is Done.DONE:
            self.reason, self.done = self.reason or "stop", True
            yield Signal.FINISHED
            return
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            # Google's APIs wrap an error in a list.
            value = value[0] if "error" in value[0] else value
        if not isinstance(value, dict):
            raise GarbledError(f"expected an object, got {type(value).__name__}")
        _refuse_failure(value)
        try:
            yield from self._parse_chunk(value)
        except (AttributeError, TypeError, KeyError) as error:
            raise GarbledError(f"a chunk of another shape: {error}") from None

    def _parse_chunk(self, chunk: dict[str, Any]) -> Iterator[str | Usage | Signal]:
        usage = chunk.get("usage")
        if usage is not None:
            counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
            yield Usage(*map(_count, counts))
        for choice in (chunk.get("choices") or [])[:1]:
            delta = choice.get("delta") or choice.get("message") or {}
            text, has_reasoned = _text(delta.get("content"))
            # A refusal has a field of its own.
            text = text or _text(delta.get("refusal"))[0]
            has_reasoned |= any(delta.get(name) for name in ("reasoning_content", "reasoning"))
            has_reasoned |= bool(text) and self._reasoning.is_inside
            yield from self._shown(self._reasoning.feed(self._cleaner.clean(text)))
            if has_reasoned or self._reasoning.is_inside:
                yield Signal.REASONING
            reason = str(choice.get("finish_reason") or "").lower()
            if reason in _FAILED:
                raise FailedError(f"finish_reason is {reason}")
            if reason not in _UNFINISHED:
                self.reason = _reason(reason)
                yield Signal.FINISHED

    def _shown(self, text: str) -> Iterator[str]:
        if text:
            self.began = True
            yield text


def _text(content: Any) -> tuple[str, bool]:
    """The text of a delta's content, and whether it includes reasoning.

    Content is a string, or a list of parts: `{"type": "text", "text": …}`. Parts of other types,
    such as `thinking` and `reference`, do not belong to the answer.
    """
    if not content:
        return "", False
    if isinstance(content, list):
        texts, has_reasoned = [], False
        for part in content:
            if isinstance(part, str):
                texts.append(part)
            elif "text" in part and part.get("type", "text") in ("text", "output_text"):
                texts.append((part["text"] or "") + "")
            else:
                has_reasoned = True
        return "".join(texts), has_reasoned
    return content + "", False  # raises TypeError unless it is a string


def _reason(reason: str) -> str:
    if reason in _LENGTH:
        return "length"
    # Gemini appends the filter's name.
    return "content_filter" if reason.startswith("content_filter") else "stop"


def _refuse_failure(value: dict[str, Any]) -> None:
    """Raise `FailedError` for an error in place of a chunk, in any of the shapes in use."""
    error = value.get("error")
    if not error and value.get("object") == "error":
        error = value
    if not error:
        return
    code = error.get("code", value.get("code")) if isinstance(error, dict) else value.get("code")
    status = code if type(code) is int and 400 <= code < 600 else 500
    raise FailedError(str(error)[:500], status)


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None
