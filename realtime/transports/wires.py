"""The two ways to write to a WebSocket: through the server's direct path, or plain ASGI `send`."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Protocol

from realtime.errors import DAPHNE_CODES
from realtime.frames import Frame

Send = Callable[[Any], Awaitable[None]]

# The ASGI scope extension under which realtime.server offers its direct path.
DIRECT = "bellwire.direct"
# A peer that does not read is given this long to take its close frame.
ABORT_S = 2.0


class Direct(Protocol):
    """What a server's connection offers for writing past ASGI."""

    def write(self, frame: Frame) -> bool: ...

    def close(self, code: int, reason: str) -> None: ...

    def close_now(self, code: int, reason: str) -> None: ...

    def ping(self) -> None: ...

    def attach(self, *, on_resume: Callable[[], None], on_pong: Callable[[], None]) -> None:
        """Call these when writing may go on, and when a pong came."""
        ...


class AsgiWire:
    """Plain ASGI: `send` is driven one step, and becomes a task only if it suspends.

    A queue and a writer task per connection cost 40 %, a task per send 50 % and ten times the
    99th percentile (docs/architecture.md).
    """

    def __init__(self, send: Send, *, on_resume: Callable[[], None], daphne: bool) -> None:
        self._send = send
        self._on_resume = on_resume
        self._daphne = daphne
        self._task: asyncio.Task[None] | None = None

    def write(self, frame: Frame) -> bool:
        if self._task is not None:
            return False
        return self._step({"type": "websocket.send", "text": frame.text})

    def close(self, code: int, reason: str) -> None:
        self._step(
            {
                "type": "websocket.close",
                "code": DAPHNE_CODES.get(code, code) if self._daphne else code,
                "reason": reason,
            }
        )

    def close_now(self, code: int, reason: str) -> None:
        stalled, self._task = self._task, None
        if stalled is not None:
            stalled.cancel()
        self.close(code, reason)
        asyncio.get_running_loop().call_later(ABORT_S, self._give_up)

    def _give_up(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def ping(self) -> None:
        """ASGI has none; daphne and stock uvicorn ping by themselves."""

    def _step(self, message: dict[str, Any]) -> bool:
        coroutine: Any = self._send(message)
        try:
            waits_for = coroutine.__await__().send(None)
        except StopIteration:
            return True
        except Exception:
            # The connection is gone; its disconnect is on the way.
            return False
        self._task = asyncio.get_running_loop().create_task(self._finish(coroutine, waits_for))
        return False

    async def _finish(self, coroutine: Any, waits_for: Any) -> None:
        with contextlib.suppress(Exception):
            await _Continuation(coroutine, waits_for)
        self._task = None
        self._on_resume()


class _Continuation:
    """Awaits a coroutine that has already been driven to its first suspension."""

    def __init__(self, coroutine: Any, waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        while True:
            try:
                sent = yield waits_for
            except BaseException as error:
                step = self._coroutine.throw
                argument: Any = error
            else:
                step = self._coroutine.send
                argument = sent
            try:
                waits_for = step(argument)
            except StopIteration:
                return
