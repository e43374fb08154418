"""The writers of a WebSocket: through the server's direct path, or with plain ASGI `send`."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from realtime.protocol.errors import DAPHNE_CODES
from realtime.protocol.frames import Frame
from realtime.transports.asgi.non_blocking_send import NonBlockingSender, Send

# The ASGI scope extension under which realtime.server provides its direct path.
DIRECT = "bellwire.direct"
# How long a peer that does not read has to accept its close frame.
ABORT_S = 2.0


class DirectPath(Protocol):
    """A server's connection, as used for writing past ASGI."""

    def write(self, frame: Frame) -> bool: ...

    def close(self, code: int, reason: str) -> None: ...

    def close_now(self, code: int, reason: str) -> None: ...

    def ping(self) -> None: ...

    def attach(
        self,
        *,
        on_resume: Callable[[], None],
        on_pong: Callable[[], None],
        count: Callable[[], bool],
    ) -> None:
        """Set the callbacks: for writing again, for a pong, and for every frame without a message.

        `count` returns False for a frame over the limit.
        """
        ...


class AsgiWriter:
    """Writes to a WebSocket with plain ASGI."""

    def __init__(self, send: Send, *, on_resume: Callable[[], None], daphne: bool) -> None:
        self._sender = NonBlockingSender(send, on_resume)
        self._daphne = daphne

    def write(self, frame: Frame) -> bool:
        return self._sender.step({"type": "websocket.send", "text": frame.text})

    def close(self, code: int, reason: str) -> None:
        message: dict[str, Any] = {"type": "websocket.close", "reason": reason}
        message["code"] = DAPHNE_CODES.get(code, code) if self._daphne else code
        self._sender.step(message)

    def close_now(self, code: int, reason: str) -> None:
        self._sender.cancel()
        self.close(code, reason)
        asyncio.get_running_loop().call_later(ABORT_S, self._sender.cancel)

    def ping(self) -> None:
        """Do nothing: ASGI has no ping; daphne and stock uvicorn ping by themselves."""
