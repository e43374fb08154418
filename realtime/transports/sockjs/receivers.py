"""The receivers of a session: the request that is currently open, at any instance.

A receiver accepts whole SockJS frames. A poll ends after its first frame; a stream ends after a
number of bytes, because browsers keep the whole text of a response until its end.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from realtime.transports.asgi.non_blocking_send import NonBlockingSender, Send
from realtime.transports.sockjs.framing import Envelope


class Receiver(Protocol):
    """Accepts one frame at any time, more only while `writable`, and none after `end` or `cut`."""

    @property
    def polls(self) -> bool:
        """Whether it accepts only one frame."""
        ...

    @property
    def writable(self) -> bool: ...

    def on_resume(self, resume: Callable[[], None]) -> None:
        """Set the function to call when it is writable again."""
        ...

    def send(self, frame: bytes) -> None: ...

    def end(self) -> None:
        """Finish the response: everything was sent."""
        ...

    def cut(self) -> None:
        """Abort the response: its client does not read."""
        ...


class PollReceiver:
    """A request whose response is one frame. `finished` is set once that is known."""

    polls = True

    def __init__(self) -> None:
        self.frame = b""
        self.finished = asyncio.Event()

    @property
    def writable(self) -> bool:
        return not self.finished.is_set()

    def on_resume(self, resume: Callable[[], None]) -> None:
        """Do nothing: it is always writable."""

    def send(self, frame: bytes) -> None:
        self.frame = frame

    def end(self) -> None:
        self.finished.set()

    def cut(self) -> None:
        self.finished.set()


class StreamReceiver:
    """A streaming response body. Once `finished` is set, the rest of it may be sent.

    `broken` means that there is no rest, as the client does not read.
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
        """Send the response's headers, whose status was not known before."""
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
