"""The part of WebSocket (RFC 6455) that a load client needs."""

from collections.abc import Mapping

# A fixed key, as these connections go to our own servers.
_KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
_TEXT, _PONG = 0x81, 0x8A


def upgrade(path: str, headers: Mapping[str, str]) -> bytes:
    """Return the request that opens a WebSocket."""
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
    """Return a complete text frame. The mask is zero, so the payload is unchanged."""
    length, mask = len(payload), 0x80 if masked else 0
    if length < 126:
        header = bytes((_TEXT, mask | length))
    else:
        header = bytes((_TEXT, mask | 126)) + length.to_bytes(2, "big")
    return header + (b"\0\0\0\0" if masked else b"") + payload


def pong(payload: bytes) -> bytes:
    """Return the response to a ping, which repeats its payload (§5.5.3)."""
    return bytes((_PONG, 0x80 | len(payload), 0, 0, 0, 0)) + payload


def unmasked(data: bytes) -> bytes:
    """Return the payload of a complete, short frame made by `frame(…, masked=True)`."""
    return data[6:]
