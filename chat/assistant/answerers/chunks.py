"""The stream of a chat completion: bytes in, what they say out. Pure.

Server-sent events with one JSON object in each `data:` line, and `[DONE]` at the end. Lines end
with a line feed and nothing else: JSON may hold the other characters that end lines elsewhere.
"""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from chat.assistant.answerers.base import Usage

# No chunk of a model is near it.
LINE_BYTES: Final = 1 << 20
_DONE: Final = b"[DONE]"
_MOST_TOKENS: Final = 2**31 - 1


class GarbledError(Exception):
    """What came is no chat completion."""


class FailedError(Exception):
    """The server says in mid-stream that it has failed."""


class Completion:
    """One completion as it comes. `reason` is why it has ended, once it has."""

    def __init__(self) -> None:
        self.began = False
        self.reason = ""
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[str | Usage]:
        """Text and usage in some bytes of the stream. Raises `GarbledError`, `FailedError`."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LINE_BYTES:
            raise GarbledError("a line without an end")
        for line in lines:
            if line.startswith(b"data:"):
                yield from self.read(line[5:].strip())

    def read(self, text: bytes) -> Iterator[str | Usage]:
        """The same of one JSON text: a chunk, or a completion that was not streamed."""
        if text == _DONE:
            self.reason = self.reason or "stop"
            return
        try:
            chunk = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise GarbledError(str(error)) from None
        if isinstance(chunk, dict) and chunk.get("error"):
            raise FailedError(str(chunk["error"])[:500])
        try:
            yield from self._said(chunk)
        except (AttributeError, TypeError, KeyError) as error:
            raise GarbledError(f"a chunk of another shape: {error}") from None

    def _said(self, chunk: Any) -> Iterator[str | Usage]:
        usage = chunk.get("usage")
        if usage is not None:
            counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
            yield Usage(*map(_count, counts))
        for choice in (chunk.get("choices") or [])[:1]:
            said = (choice.get("delta") or choice.get("message") or {}).get("content")
            if said:
                self.began = True
                yield said + ""  # text, or a TypeError
            self.reason = choice.get("finish_reason") or self.reason


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None
