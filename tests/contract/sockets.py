"""WebSockets for tests, with what a test does to them."""

import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

# A close that came without a close frame.
ABNORMAL = 1006


async def connect(
    url: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    subprotocols: Sequence[str] = (),
    receive_buffer: int = 0,
) -> ClientConnection:
    """Open a socket on an instance's http address."""
    opened: ClientConnection = await open_socket(
        f"ws{url.removeprefix('http')}{path}",
        sock=narrow(url, receive_buffer) if receive_buffer else None,
        additional_headers=headers or {},
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        compression=None,
        proxy=None,
        ping_interval=None,
        close_timeout=1,
    )
    return opened


def narrow(url: str, receive_buffer: int) -> socket.socket:
    """A connected socket for which the kernel keeps little."""
    address = urlsplit(url)
    made = socket.socket()
    # Before the handshake: TCP tells the other side its window there.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.connect((address.hostname, address.port))
    made.setblocking(False)
    return made


def close_of(end: ConnectionClosed) -> tuple[int, str]:
    """The close frame's code and reason."""
    return (end.rcvd.code, end.rcvd.reason) if end.rcvd else (ABNORMAL, "")
