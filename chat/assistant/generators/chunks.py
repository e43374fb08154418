"""The stream of a chat completion: bytes in, what they say out. Pure.

The table in `tests/chat/assistant/event_shapes.py` has what each kind of server sends.
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

__all__ = ["Completion", "FailedError", "GarbledError", "Signal"]

_MOST_TOKENS: Final = 2**31 - 1
# What servers call the longest length of an answer.
_LENGTH: Final = frozenset({"length", "max_tokens", "model_length"})
# The server has failed, and says so as the reason for the end.
_FAILED: Final = frozenset({"error", "insufficient_system_resource"})
_NOT_YET: Final = frozenset({"", "null", "none"})


class Signal(Enum):
    """What a chunk says besides text."""

    # The model works on an answer, and nothing of it is to be shown.
    REASONING = "reasoning"
    # The answer is whole. Only its usage may follow.
    FINISHED = "finished"


class FailedError(Exception):
    """The server says in mid-stream that it has failed; `status` is the HTTP status it names."""

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.status = status


class Completion:
    """One completion as it comes.

    `began` says whether text has come, `reason` why the completion has ended, once it has, and
    `done` that nothing more will come.
    """

    def __init__(self, event_bytes: int = EVENT_BYTES) -> None:
        self.began = False
        self.done = False
        self.reason = ""
        self._events = JsonEventStream(event_bytes)
        self._cleaner = Cleaner()
        self._reasoning = ReasoningFilter()

    def read(self, body: bytes) -> Iterator[str | Usage | Signal]:
        """What the body of a whole answer says that calls itself JSON.

        It is a completion that was not streamed, or a stream under a wrong name.
        """
        try:
            value = parse(body)
        except GarbledError:
            yield from self.feed(body)
        else:
            yield from self.take(value)

    def feed(self, data: bytes) -> Iterator[str | Usage | Signal]:
        """What some bytes of the stream say. Raises `GarbledError`, `FailedError`."""
        for value in self._events.feed(data):
            yield from self.take(value)

    def finish(self) -> Iterator[str | Usage | Signal]:
        """What was held back, when no more bytes come."""
        for value in self._events.finish():
            yield from self.take(value)
        yield from self.flush()

    def flush(self) -> Iterator[str]:
        """The text that was held back."""
        text = self._reasoning.feed(self._cleaner.finish())
        yield from self._shown(text + self._reasoning.finish(complete=self.reason == "stop"))

    def take(self, value: Any) -> Iterator[str | Usage | Signal]:
        """What an event says, or a completion that was not streamed."""
        if self.done:
            return
        if value is Done.DONE:
            self.reason, self.done = self.reason or "stop", True
            yield Signal.FINISHED
            return
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            # Google's APIs put an error into a list.
            value = value[0] if "error" in value[0] else value
        if not isinstance(value, dict):
            raise GarbledError(f"expected an object, got {type(value).__name__}")
        _refuse_failure(value)
        try:
            yield from self._said(value)
        except (AttributeError, TypeError, KeyError) as error:
            raise GarbledError(f"a chunk of another shape: {error}") from None

    def _said(self, chunk: dict[str, Any]) -> Iterator[str | Usage | Signal]:
        usage = chunk.get("usage")
        if usage is not None:
            counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
            yield Usage(*map(_count, counts))
        for choice in (chunk.get("choices") or [])[:1]:
            delta = choice.get("delta") or choice.get("message") or {}
            text, has_reasoned = _text(delta.get("content"))
            # A model that refuses says so in a field of its own.
            text = text or _text(delta.get("refusal"))[0]
            has_reasoned |= any(delta.get(name) for name in ("reasoning_content", "reasoning"))
            has_reasoned |= bool(text) and self._reasoning.is_inside
            yield from self._shown(self._reasoning.feed(self._cleaner.clean(text)))
            if has_reasoned or self._reasoning.is_inside:
                yield Signal.REASONING
            reason = str(choice.get("finish_reason") or "").lower()
            if reason in _FAILED:
                raise FailedError(f"finish_reason is {reason}")
            if reason not in _NOT_YET:
                self.reason = _reason(reason)
                yield Signal.FINISHED

    def _shown(self, text: str) -> Iterator[str]:
        if text:
            self.began = True
            yield text


def _text(content: Any) -> tuple[str, bool]:
    """The text of a delta's content, and whether there is reasoning in it.

    Content is a text, or a list of parts: `{"type": "text", "text": …}`. Parts of other types, as
    `thinking` and `reference`, are not the answer's.
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
    return content + "", False  # text, or a TypeError


def _reason(reason: str) -> str:
    if reason in _LENGTH:
        return "length"
    # Gemini names the filter behind it.
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
