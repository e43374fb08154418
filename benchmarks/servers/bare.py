"""`python -m benchmarks.servers.bare PORT`: the least that can be done, for the ceiling.

Shakes hands, then writes one prebuilt WebSocket frame to each transport in a loop on uvloop. No
users, no topics, no offsets, no limits. A connection to `/publish` orders events; each has a turn
of the loop to itself.
"""

import asyncio
import base64
import hashlib
import json
import sys
from collections import deque
from typing import cast

import uvloop

from benchmarks.events import events
from benchmarks.websocket_frames import frame, unmasked

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BACKLOG = 4096


class Peer(asyncio.Protocol):
    """One connection."""

    listeners: set[asyncio.WriteTransport] = set()

    def __init__(self) -> None:
        self._head: bytes | None = b""
        self._orders = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not derive from asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        if self._head is None:
            if self._orders:
                self._carry_out(unmasked(data).decode())
            return
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            self._shake_hands(self._head)
            self._head = None

    def connection_lost(self, exc: Exception | None) -> None:
        self.listeners.discard(self._transport)

    def _shake_hands(self, head: bytes) -> None:
        lines = head.split(b"\r\n")
        self._orders = lines[0].startswith(b"GET /publish ")
        (key,) = (line[18:].strip() for line in lines if line.startswith(b"Sec-WebSocket-Key:"))
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        if not self._orders:
            self.listeners.add(self._transport)

    def _carry_out(self, order: str) -> None:
        frames = deque(
            # The same envelope as Bellwire's, so that all servers write as many bytes.
            frame(
                json.dumps(
                    {
                        "type": "notification",
                        "topic": "broadcast",
                        "epoch": "0" * 16,
                        "offset": data["n"],
                        "data": data,
                    },
                    separators=(",", ":"),
                ).encode()
            )
            for data in events(order)
        )
        asyncio.get_running_loop().call_soon(self._write_next, frames)

    def _write_next(self, frames: deque[bytes]) -> None:
        prebuilt = frames.popleft()
        for transport in self.listeners:
            transport.write(prebuilt)
        if frames:
            asyncio.get_running_loop().call_soon(self._write_next, frames)


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Peer, "127.0.0.1", port, backlog=_BACKLOG)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
