"""The receiving ends of a session: the request that is open now, wherever it is.

A receiver takes whole SockJS frames. One that polls is over after its first; a stream is over
after so many bytes, for the browser keeps all of a response's text until its end.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from realtime.transports.asgi.non_blocking_send import NonBlockingSender, Send
from realtime.transports.sockjs.framing import Envelope


class Receiver(Protocol):
    """Takes one frame at any time, more only while it is `writable`; none after `end` or `cut`."""

    @property
    def polls(self) -> bool:
        """Whether one frame is all that it takes."""
        ...

    @property
    def writable(self) -> bool: ...

    def on_resume(self, resume: Callable[[], None]) -> None:
        """Call this when it is writable again."""
        ...

    def send(self, frame: bytes) -> None: ...

    def end(self) -> None:
        """Everything was sent: finish the response."""
        ...

    def cut(self) -> None:
        """Its client does not read: break off."""
        ...


class PollReceiver:
    """A request whose whole answer is one frame. `finished` is set once that is known."""

    polls = True

    def __init__(self) -> None:
        self.frame = b""
        self.finished = asyncio.Event()

    @property
    def writable(self) -> bool:
        return not self.finished.is_set()

    def on_resume(self, resume: Callable[[], None]) -> None:
        """It never has to wait."""

    def send(self, frame: bytes) -> None:
        self.frame = frame

    def end(self) -> None:
        self.finished.set()

    def cut(self) -> None:
        self.finished.set()


class StreamReceiver:
    """A response body under way. Once `finished` is set, the rest of it may be sent.

    `broken` tells that there is no rest: the client does not read.
    """

    polls = False

    def __init__(self, send: Send, envelope: Envelope) -> None:
        self.broken = False
        self.finished = asyncio.Event()
        self._sender = NonBlockingSender(send, self._go_on)
        self._envelope = envelope
        self._resume: Callable[[], None] | None = None
        self._begun = False
        self._ending = False
        self._early: deque[bytes] = deque()

    @property
    def writable(self) -> bool:
        return self._begun and not (self._ending or self._early or self._sender.busy)

    def on_resume(self, resume: Callable[[], None]) -> None:
        self._resume = resume

    def begin(self) -> None:
        """The response's headers are sent: until now, nobody knew what its status would be."""
        self._begun = True
        self._go_on()

    def send(self, frame: bytes) -> None:
        if self._begun and not self._early and not self._sender.busy:
            self._write(frame)
        else:
            self._early.append(frame)

    def end(self) -> None:
        self._ending = True
        self._go_on()

    def cut(self) -> None:
        self._ending = self.broken = True
        self._sender.cancel()
        self.finished.set()

    def _go_on(self) -> None:
        if not self._begun:
            return
        while self._early and not self._sender.busy:
            self._write(self._early.popleft())
        if self._early or self._sender.busy:
            return
        if self._ending:
            self.finished.set()
        elif self._resume is not None:
            self._resume()

    def _write(self, frame: bytes) -> None:
        body = self._envelope(frame)
        self._sender.step({"type": "http.response.body", "body": body, "more_body": True})
