"""One STOMP frame, and its encoding."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from realtime.protocols.stomp.codec.escaping import escape_name, escape_value
from realtime.protocols.stomp.codec.versions import Version

# These are parsed before the version is known, and therefore have no escapes in any version (1.2,
# Value Encoding). STOMP is a synonym of CONNECT.
UNESCAPED = frozenset({"CONNECT", "STOMP", "CONNECTED"})


@dataclass(frozen=True, slots=True)
class StompFrame:
    """Headers in their order in the frame, unescaped. They may hold credentials, hence no repr."""

    command: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = b""

    def get(self, name: str) -> str | None:
        """Return a header's value; the first of repeated ones (1.2, Repeated Header Entries)."""
        for other, value in self.headers:
            if other == name:
                return value
        return None

    def fields(self) -> dict[str, str]:
        """Return all headers; of repeated ones, the first."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            found.setdefault(name, value)
        return found


def encode(frame: StompFrame, version: Version) -> bytes:
    """Encode the frame, including the NUL.

    A body gets its actual `content-length`, whatever the headers contain. Characters that the
    version cannot express in a header become spaces, so that no value can end its line (see
    `escaping`).
    """
    headers = list(frame.headers)
    if frame.body:
        headers.insert(0, ("content-length", str(len(frame.body))))
    lines = header_lines(headers, escaping_of(frame.command, version), bool(frame.body))
    return b"%b\n%b\n%b\0" % (frame.command.encode(), lines, frame.body)


def escaping_of(command: str, version: Version) -> Version:
    """Return the version whose escapes apply to the headers of a `command` frame."""
    return Version.V10 if command in UNESCAPED else version


def header_lines(
    headers: Iterable[tuple[str, str]], version: Version, with_length: bool = False
) -> bytes:
    """Encode `name:value` lines; the first `content-length` if `with_length`, otherwise none."""
    lines = []
    for name, value in headers:
        written = escape_name(name, version)
        if written == "content-length":
            if not with_length:
                continue
            with_length = False
        if written:
            lines.append(f"{written}:{escape_value(value, version)}\n")
    # A lone surrogate cannot be encoded in UTF-8; it becomes a question mark.
    return "".join(lines).encode("utf-8", "replace")
