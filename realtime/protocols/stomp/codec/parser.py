"""Parses bytes into frames, however the stream is split.

Each search (end of line, NUL, end of the body) looks at every byte once: it continues where the
last one stopped. The buffer holds at most one frame's limit and the last message fed.
"""

import re
from collections.abc import Generator

from realtime.protocols.stomp.codec.errors import StompError
from realtime.protocols.stomp.codec.escaping import unescape
from realtime.protocols.stomp.codec.frames import StompFrame, escaping_of
from realtime.protocols.stomp.codec.limits import DEFAULTS, Limits
from realtime.protocols.stomp.codec.versions import Version

# Heart-beats, LF or CRLF, and EOLs that some clients send after a NUL.
_EOLS = re.compile(rb"[\r\n]*")

# More digits than any limit has.
_LENGTH_DIGITS = 12


class Parser:
    """Feed bytes with `feed`, then get frames with `next_frame` until it returns None.

    `version` determines how headers are escaped; it may be set between two frames. After a
    StompError the parser accepts and returns nothing more.
    """

    def __init__(self, limits: Limits = DEFAULTS, version: Version = Version.V10) -> None:
        self.version = version
        self._limits = limits
        self._buffer = bytearray()
        self._at = 0  # everything before it has been parsed
        self._used = 0  # bytes of the current frame that have been parsed
        self._ended = False  # whether the last byte parsed was a frame's NUL
        self._heart_beats = 0
        self._reading = self._frame()
        self._closed = False

    @property
    def held(self) -> int:
        """The number of bytes fed and not yet parsed."""
        return len(self._buffer) - self._at

    def take_heart_beats(self) -> int:
        """Return the number of EOLs between frames since the last call."""
        beats, self._heart_beats = self._heart_beats, 0
        return beats

    def feed(self, data: bytes) -> None:
        """Append bytes to the buffer."""
        if not self._closed:
            self._buffer += data

    def next_frame(self) -> StompFrame | None:
        """Return the next complete frame, or None. Raises only StompError."""
        if self._closed:
            return None
        try:
            next(self._reading)
        except StopIteration as done:
            self._reading = self._frame()
            frame: StompFrame = done.value
            return frame
        except StompError:
            self.close()
            raise
        # Once per feed, not per line: deleting from the front does not move the remaining bytes,
        # except when the buffer shrinks by half.
        del self._buffer[: self._at]
        self._at = 0
        return None

    def close(self) -> None:
        """Discard everything."""
        self._closed = True
        self._reading.close()
        self._buffer = bytearray()
        self._at = 0

    # Each step below yields when it needs more bytes. Indexes into the buffer are relative to
    # `_at`, because parsed bytes may be deleted meanwhile.

    def _frame(self) -> Generator[None, None, StompFrame]:
        yield from self._skip_eols()
        self._used = 0
        self._ended = False
        command = _text((yield from self._line(self._limits.command_bytes, "command")))
        headers: list[tuple[str, str]] = []
        try:
            yield from self._headers(headers, escaping_of(command, self.version))
            body = yield from self._body(_first(headers, "content-length"))
        except StompError as error:
            error.receipt = _first(headers, "receipt")
            raise
        return StompFrame(command, tuple(headers), body)

    def _skip_eols(self) -> Generator[None, None, None]:
        while True:
            eols = _EOLS.match(self._buffer, self._at)
            if eols and eols.end() > self._at:
                self._heart_beats += _count_eols(eols[0]) - self._ended
                self._ended = False
                self._at = eols.end()
            if self._at < len(self._buffer):
                return
            yield

    def _headers(
        self, headers: list[tuple[str, str]], version: Version
    ) -> Generator[None, None, None]:
        """Append to `headers`, so that an error later in the frame can still name the receipt."""
        limits = self._limits
        end = self._used + limits.header_bytes
        while line := (
            yield from self._line(min(limits.line_bytes, end - self._used - 1), "header")
        ):
            if len(headers) == limits.headers:
                raise StompError(f"A frame has more than {limits.headers} headers", too_large=True)
            name, colon, value = _text(line).partition(":")
            if not colon:
                raise StompError("A header has no colon", f"It is header {len(headers) + 1}")
            name = unescape(name, version)
            if not name:
                raise StompError("A header has no name", f"It is header {len(headers) + 1}")
            headers.append((name, unescape(value, version)))

    def _line(self, limit: int, what: str) -> Generator[None, None, bytes]:
        """Read the next line without its EOL. CR before LF belongs to the EOL in all versions."""
        limit = min(limit, self._limits.frame_bytes - self._used - 1)
        seen = 0
        while True:
            start, stop = self._at + seen, self._at + limit + 1
            size = len(self._buffer)
            end = self._buffer.find(b"\n", start, stop)
            if self._buffer.find(b"\0", start, stop if end < 0 else end) >= 0:
                raise StompError("A frame ended before its headers did", "There is no empty line")
            if end >= 0:
                break
            if size - self._at > limit:
                raise StompError(f"The {what} is longer than is allowed", too_large=True)
            seen = size - self._at
            yield
        line = bytes(self._buffer[self._at : end])
        self._used += end + 1 - self._at
        self._at = end + 1
        return line[:-1] if line.endswith(b"\r") else line

    def _body(self, content_length: str | None) -> Generator[None, None, bytes]:
        room = self._limits.frame_bytes - self._used - 1
        if content_length is None:
            length = yield from self._until_nul(room)
        else:
            length = _length(content_length)
            if length > room:
                raise self._too_large()
            while len(self._buffer) - self._at <= length:
                yield
        end = self._at + length
        if self._buffer[end] != 0:
            raise StompError(
                "The body does not end where `content-length` says",
                f"There is no NUL after {length} bytes; `content-length` counts bytes",
            )
        body = bytes(self._buffer[self._at : end])
        self._at = end + 1
        self._ended = True
        return body

    def _until_nul(self, room: int) -> Generator[None, None, int]:
        seen = 0
        while (end := self._buffer.find(b"\0", self._at + seen, self._at + room + 1)) < 0:
            seen = len(self._buffer) - self._at
            if seen > room:
                raise self._too_large()
            yield
        return end - self._at

    def _too_large(self) -> StompError:
        return StompError(
            "The frame is larger than is allowed",
            f"At most {self._limits.frame_bytes} bytes",
            too_large=True,
        )


def _count_eols(eols: bytes) -> int:
    return eols.count(b"\n") + eols.count(b"\r") - eols.count(b"\r\n")


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise StompError("A command or a header is not UTF-8") from None


def _first(headers: list[tuple[str, str]], name: str) -> str | None:
    return next((value for other, value in headers if other == name), None)


def _length(text: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal()):
        raise StompError("`content-length` is not a number of bytes")
    digits = digits.lstrip("0") or "0"
    return int(digits[:_LENGTH_DIGITS])
