"""What hostile clients put on the wire: requests and frames, whole and unfinished."""

import json
from collections.abc import Mapping

from benchmarks.websocket_frames import frame, upgrade

# WebSocket opcodes, each with the bit of a final frame.
_PING = 0x89
TOKEN = "/api/v1/auth/token"


def request(
    method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """A whole HTTP request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def half_head(path: str = "/healthz") -> bytes:
    """A request whose headers do not end."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-More: ".encode()


def half_handshake() -> bytes:
    """A WebSocket handshake whose headers do not end."""
    return upgrade("/ws", {}).removesuffix(b"\r\n")


def half_body(path: str, headers: Mapping[str, str] | None = None, *, size: int = 5_000) -> bytes:
    """A request with one byte of its body; `Content-Length` promises `size`."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, f"Content-Length: {size}", "", "{"]).encode()


def half_chunked_body(
    path: str, headers: Mapping[str, str] | None = None, *, chunk: bytes = b"{"
) -> bytes:
    """The same in chunks, of which the last never comes."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += ["Transfer-Encoding: chunked", "", ""]
    return "\r\n".join(lines).encode() + b"%x\r\n%s\r\n" % (len(chunk), chunk)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def ping_frame(payload: bytes = b"") -> bytes:
    """A WebSocket ping, masked by zeros."""
    return bytes((_PING, 0x80 | len(payload), 0, 0, 0, 0)) + payload


def json_frame(kind: str, **data: object) -> bytes:
    """A command of the JSON protocol as a WebSocket frame."""
    return frame(json.dumps({"type": kind, "data": data}).encode(), masked=True)


def stomp_text(command: str, **headers: str) -> bytes:
    """A STOMP frame as the text that WebSocket and SockJS carry."""
    lines = [command, *(f"{name}:{value}" for name, value in headers.items()), "", "\0"]
    return "\n".join(lines).encode()


def stomp_frame(command: str, **headers: str) -> bytes:
    return frame(stomp_text(command, **headers), masked=True)
