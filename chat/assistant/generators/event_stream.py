"""Parses server-sent events with JSON data, as model servers really send them. Pure.

Lines end only with LF, CR or CRLF: JSON may contain other characters that end lines elsewhere. The
parser also accepts deviations from the standard: events separated by a single line end,
`error: {…}` as a line of its own (llama.cpp), a bare JSON object without `data:`, and data that is
neither JSON nor `[DONE]`, which is ignored as a keep-alive.
"""

import json
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

import orjson


class Done(Enum):
    """The parsed value of `[DONE]`."""

    DONE = "[DONE]"


class GarbledError(Exception):
    """The response is not a chat completion."""


# Far above the largest chunk of any model server.
EVENT_BYTES: Final = 1 << 20
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class JsonEventStream:
    """Parser of one stream, fed with bytes in chunks of any size.

    A line, and the data of an event, may each be up to `event_bytes` long.
    """

    def __init__(self, event_bytes: int = EVENT_BYTES) -> None:
        self._event_bytes = event_bytes
        self._line = bytearray()
        self._data = b""
        self._event = b""
        self._skips_line_feed = False
        self._is_first_line = True

    def feed(self, data: bytes) -> Iterator[Any]:
        """The values of the events that these bytes complete. Raises `GarbledError`."""
        if self._skips_line_feed and data:
            # The LF of a CRLF whose CR was the last byte of the previous chunk.
            self._skips_line_feed = False
            data = data.removeprefix(b"\n")
        start = 0
        for end in _LINE_END.finditer(data):
            line = bytes(self._line) + data[start : end.start()]
            self._line.clear()
            start = end.end()
            yield from self._feed_line(line)
        self._skips_line_feed = data.endswith(b"\r")
        self._line += data[start:]
        self._refuse_longer(len(self._line))

    def finish(self) -> Iterator[Any]:
        """The value of an event that the end of the stream completes."""
        line = bytes(self._line)
        self._line.clear()
        if line:
            yield from self._feed_line(line)
        yield from self._dispatch()

    def _feed_line(self, line: bytes) -> Iterator[Any]:
        self._refuse_longer(len(line))
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line.strip():
            yield from self._dispatch()
            return
        name, _, value = line.partition(b":")
        if line.lstrip().startswith(b"{"):
            name, value = b"data", line
        match name.strip():
            case b"data":
                yield from self._add(value.strip())
            case b"error":
                self._event = b"error"
                yield from self._add(value.strip())
            case b"event":
                self._event = value.strip()

    def _add(self, data: bytes) -> Iterator[Any]:
        if not data:
            return
        if self._data:
            self._data += b"\n" + data
            self._refuse_longer(len(self._data))
            return
        # A complete JSON value is an event even without a blank line after it. Only the first line
        # of an event is tried, so that no event is parsed more than twice.
        self._data = data
        try:
            value = _value(data)
        except GarbledError:
            return
        self._data = b""
        yield self._as_event(value)

    def _dispatch(self) -> Iterator[Any]:
        data, self._data = self._data, b""
        if not data:
            self._event = b""
        elif self._event == b"error" or data.startswith((b"{", b"[")):
            yield self._as_event(_text(data) if self._event == b"error" else _value(data))

    def _as_event(self, value: Any) -> Any:
        """The value, wrapped as an error if the event is named `error`."""
        name, self._event = self._event, b""
        if name == b"error" and not (isinstance(value, dict) and "error" in value):
            return {"error": value}
        return value

    def _refuse_longer(self, size: int) -> None:
        if size > self._event_bytes:
            raise GarbledError("a line or an event without an end")


def _text(data: bytes) -> Any:
    """The JSON value, or the text itself if it is not JSON."""
    try:
        return _value(data)
    except GarbledError:
        return data.decode(errors="replace")


def _value(data: bytes) -> Any:
    if data.upper() == b"[DONE]":
        return Done.DONE
    return parse(data)


def parse(data: bytes) -> Any:
    """A JSON value. Raises `GarbledError`.

    Lone surrogates, which orjson refuses, are kept; bytes that are not UTF-8 become U+FFFD.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            return json.loads(data.decode(errors="replace"))
        except (ValueError, RecursionError) as error:
            raise GarbledError(str(error)[:200]) from None
