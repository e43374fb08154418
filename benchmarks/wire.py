"""As much of WebSocket (RFC 6455) as a load client needs."""

from collections.abc import Mapping

# Any key will do where nobody else answers.
_KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
_TEXT, _PONG = 0x81, 0x8A


def upgrade(path: str, headers: Mapping[str, str]) -> bytes:
    """The request that opens a WebSocket."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {_KEY}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def frame(payload: bytes, *, masked: bool = False) -> bytes:
    """A whole text frame. The mask is of zeros, which leaves the payload as it is."""
    length, mask = len(payload), 0x80 if masked else 0
    if length < 126:
        header = bytes((_TEXT, mask | length))
    else:
        header = bytes((_TEXT, mask | 126)) + length.to_bytes(2, "big")
    return header + (b"\0\0\0\0" if masked else b"") + payload


def pong(payload: bytes) -> bytes:
    """The answer to a ping, which must repeat what that said (§5.5.3)."""
    return bytes((_PONG, 0x80 | len(payload), 0, 0, 0, 0)) + payload


def unmasked(data: bytes) -> bytes:
    """The payload of one whole, short frame that was made by `frame(…, masked=True)`."""
    return data[6:]
