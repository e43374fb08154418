"""One STOMP frame, and how it is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from realtime.protocols.stomp.codec.escaping import escape_name, escape_value
from realtime.protocols.stomp.codec.versions import Version

# Read before the version is known, and therefore without escapes in every version (1.2, Value
# Encoding). STOMP is CONNECT by another name.
UNESCAPED = frozenset({"CONNECT", "STOMP", "CONNECTED"})


@dataclass(frozen=True, slots=True)
class StompFrame:
    """Headers in the order of the wire, unescaped. They may hold credentials: no repr."""

    command: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = b""

    def get(self, name: str) -> str | None:
        """A header's value. Of repeated ones the first counts (1.2, Repeated Header Entries)."""
        for other, value in self.headers:
            if other == name:
                return value
        return None

    def fields(self) -> dict[str, str]:
        """All headers; of repeated ones the first."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            found.setdefault(name, value)
        return found


def encode(frame: StompFrame, version: Version) -> bytes:
    """The frame's bytes, NUL included.

    A body gets its true `content-length`, whatever the headers said. What the version cannot
    write in a header becomes a space, so that no value can end its line (see `escaping`).
    """
    headers = list(frame.headers)
    if frame.body:
        headers.insert(0, ("content-length", str(len(frame.body))))
    lines = header_lines(headers, escaping_of(frame.command, version), bool(frame.body))
    return b"%b\n%b\n%b\0" % (frame.command.encode(), lines, frame.body)


def escaping_of(command: str, version: Version) -> Version:
    """The version whose escapes the headers of a `command` frame are written with."""
    return Version.V10 if command in UNESCAPED else version


def header_lines(
    headers: Iterable[tuple[str, str]], version: Version, with_length: bool = False
) -> bytes:
    """`name:value` lines. `content-length` is the first header's if `with_length`, or nobody's."""
    lines = []
    for name, value in headers:
        written = escape_name(name, version)
        if written == "content-length":
            if not with_length:
                continue
            with_length = False
        if written:
            lines.append(f"{written}:{escape_value(value, version)}\n")
    # A lone surrogate has no UTF-8; it becomes a question mark.
    return "".join(lines).encode("utf-8", "replace")
