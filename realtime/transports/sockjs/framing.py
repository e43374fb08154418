"""SockJS 0.3.3's framing, and the envelope that each transport puts around a frame.

    o                    the session is open
    h                    heartbeat
    a["...","..."]       messages
    c[3000,"Go away!"]   closed, until the session is forgotten

A client sends an array of strings; on a WebSocket also a single string.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Final

from realtime.protocol.frames import Frame

OPEN: Final = Frame(b"o")
HEARTBEAT: Final = Frame(b"h")
# Characters that browsers corrupt in scripts, besides the control characters that JSON escapes
# anyway. Unpaired surrogates cannot be encoded in UTF-8.
_MANGLED = re.compile(r"[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufff0-\uffff]")

# Converts one frame to its bytes in a transport's response body.
Envelope = Callable[[bytes], bytes]


class PayloadError(ValueError):
    """The payload is not an array of strings; the text is the one that the protocol prescribes."""


def array_of(frame: Frame) -> Frame:
    """Return an array with one message. Encoded once per message, and shared by all sessions."""
    if frame.sockjs is None:
        text = frame.payload.decode("utf-8", "surrogatepass")
        quoted = json.dumps(text, ensure_ascii=False)
        if not text.isascii():
            quoted = _MANGLED.sub(_escaped, quoted)
        frame.sockjs = Frame(b"a[" + quoted.encode() + b"]")
    return frame.sockjs


def joined(arrays: Iterable[Frame]) -> Frame:
    """Join several arrays into one."""
    return Frame(b"a[" + b",".join(array.payload[2:-1] for array in arrays) + b"]")


def close(code: int, reason: str) -> Frame:
    """Return the last frame of a session."""
    return Frame(b"c[%d,%s]" % (code, json.dumps(reason).encode()))


def decode(payload: bytes) -> list[bytes]:
    """Return the messages of an array, or the single one. Raises `PayloadError`."""
    if not payload:
        raise PayloadError("Payload expected.")
    try:
        value = json.loads(payload.decode())
    except (ValueError, RecursionError):
        raise PayloadError("Broken JSON encoding.") from None
    messages = [value] if isinstance(value, str) else value
    if not (isinstance(messages, list) and all(isinstance(each, str) for each in messages)):
        raise PayloadError("Broken JSON encoding.")
    return [each.encode("utf-8", "surrogatepass") for each in messages]


# --- envelopes -----------------------------------------------------------------------------------


def line(frame: bytes) -> bytes:
    """Wrap a frame for the xhr transports."""
    return frame + b"\n"


def event(frame: bytes) -> bytes:
    """Wrap a frame for eventsource, whose clients decode percent signs."""
    return b"data: " + frame.replace(b"%", b"%25") + b"\r\n\r\n"


def script(frame: bytes) -> bytes:
    """Wrap a frame for htmlfile, in a script element that calls the page's `p`."""
    return b"<script>\np(" + _literal(frame) + b");\n</script>\r\n"


def call(callback: str) -> Envelope:
    """Return an envelope for jsonp: a script that calls `callback`."""

    def envelope(frame: bytes) -> bytes:
        return callback.encode() + b"(" + _literal(frame) + b");\r\n"

    return envelope


def _literal(frame: bytes) -> bytes:
    """Return a JavaScript string in which no HTML parser finds the end of the script."""
    return json.dumps(frame.decode(), ensure_ascii=False).replace("</", "<\\/").encode()


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
