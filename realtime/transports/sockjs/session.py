"""One SockJS session over HTTP: it outlives its requests, and is a conversation's writer.

    new -> open (o) -> closed (c[...], sent again to later requests) -> forgotten

At most one receiver is attached at a time. Without one, messages wait here up to the size of one
array, and beyond that in the conversation's own bounded outbox.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from enum import Enum
from typing import Any

from realtime.protocol.errors import Close
from realtime.protocol.frames import Frame
from realtime.transports.sockjs import binding, framing
from realtime.transports.sockjs.receivers import Receiver
from realtime.transports.sockjs.services import Service, ServiceSession
from realtime.transports.sockjs.timeouts import (
    BATCH_BYTES,
    CREDENTIALS,
    INBOX_BYTES,
    INBOX_MESSAGES,
    Timeouts,
)

STILL_OPEN = framing.close(2010, "Another connection still open")
INTERRUPTED = (1002, "Connection interrupted")
FLOODED = (1008, "Rate limited")


class Claim(Enum):
    """The result of checking a request's credential against the session."""

    OWN = "own"
    OTHER = "other"
    # An unknown credential: the caller has to look up its user.
    UNKNOWN = "unknown"


class SockSession:
    """`forget` is called when the session is over; `run` keeps a task alive until it ends."""

    def __init__(
        self,
        *,
        service: Service,
        scope: Mapping[str, Any],
        transport: str,
        credential: str,
        timeouts: Timeouts,
        forget: Callable[[], None],
        run: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._response_bytes = service.response_bytes
        self._private = service.private
        self._timeouts = timeouts
        self._forget = forget
        self._run = run
        self._credentials = deque([credential], CREDENTIALS)
        self._receiver: Receiver | None = None
        self._sent = 0
        self._is_open_sent = False
        self._close_frame: Frame | None = None
        self._pending: list[Frame] = []
        self._pending_bytes = 0
        self._collecting = False
        self._flushing: asyncio.Handle | None = None
        self._heartbeat: asyncio.TimerHandle | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._inbox: deque[bytes] = deque()
        self._inbox_bytes = 0
        self._inbox_filled = asyncio.Event()
        self._over = False
        self._service_session: ServiceSession = service.begin(scope, self, transport)
        self._expire_later()
        run(self._converse())

    # --- ownership --------------------------------------------------------------------------------

    def claim(self, credential: str, user_id: int | None) -> Claim:
        """Return whether a request with this credential, and this user if known, is the owner's."""
        if not self._private or credential in self._credentials:
            return Claim.OWN
        if not credential:
            return Claim.OTHER
        if binding.is_binding(credential):
            if not binding.matches(credential, self._credentials):
                return Claim.OTHER
            # From now on its Origin must match, if the first request had none.
            self._credentials.append(credential)
            return Claim.OWN
        if user_id is None:
            return Claim.UNKNOWN
        connection = getattr(self._service_session, "connection", None)
        if connection is None or connection.principal.user_id != user_id:
            return Claim.OTHER
        self._credentials.append(credential)
        return Claim.OWN

    # --- messages of the client -------------------------------------------------------------------

    def enqueue(self, messages: Sequence[bytes]) -> bool:
        """Queue messages, which are handled in order. Returns False if the session is over."""
        if self._close_frame is not None:
            return False
        if not messages:
            self._service_session.count()  # an empty request counts as a frame too
        self._inbox.extend(messages)
        self._inbox_bytes += sum(map(len, messages))
        if self._inbox_bytes > INBOX_BYTES or len(self._inbox) > INBOX_MESSAGES:
            self._inbox.clear()
            self.close(*FLOODED)
            return False
        self._inbox_filled.set()
        return True

    async def _converse(self) -> None:
        try:
            await self._service_session.open()
            while self._close_frame is None:
                await self._inbox_filled.wait()
                self._inbox_filled.clear()
                while self._inbox and self._close_frame is None:
                    message = self._inbox.popleft()
                    self._inbox_bytes -= len(message)
                    await self._service_session.receive(message)
        finally:
            if self._close_frame is None:
                self.close(1011, "Internal error")
            await self._service_session.ended()

    # --- receivers --------------------------------------------------------------------------------

    def attach(self, receiver: Receiver) -> bool:
        """Send pending and new frames to `receiver`. Returns False if another is attached."""
        if self._receiver is not None:
            receiver.send(STILL_OPEN.payload)
            receiver.end()
            return False
        self._receiver = receiver
        self._sent = 0
        if self._expiry is not None:
            self._expiry.cancel()
        receiver.on_resume(self._pump)
        self._service_session.touch()
        self._schedule_heartbeat()
        if not self._is_open_sent:
            self._is_open_sent = True
            self._send(framing.OPEN)
        self._pump()
        return True

    def detach(self, receiver: Receiver) -> None:
        """End the session: the receiver's client is gone, and frames sent to it may be lost."""
        if self._receiver is receiver:
            self._unlink()
            self.interrupted()

    def release(self, receiver: Receiver) -> None:
        """End the receiver in an orderly way: the next one continues from here."""
        if self._receiver is receiver:
            self._unlink()
            receiver.end()

    def drain(self) -> None:
        """Close a session without a connection; the engine closes those with one."""
        if getattr(self._service_session, "connection", None) is None:
            self.close(Close.DRAINING.code, Close.DRAINING.reason)

    def interrupted(self) -> None:
        """Close, because frames that were sent have been lost."""
        self.close(*INTERRUPTED)

    def _unlink(self) -> None:
        self._receiver = None
        for timer in (self._heartbeat, self._flushing):
            if timer is not None:
                timer.cancel()
        self._heartbeat = self._flushing = None
        self._expire_later()

    def _send(self, frame: Frame) -> None:
        receiver = self._receiver
        if receiver is None:
            return
        receiver.send(frame.payload)
        self._sent += len(frame) + 1
        if receiver.polls or self._sent >= self._response_bytes or frame is self._close_frame:
            self._unlink()
            receiver.end()

    def _pump(self) -> None:
        """Send pending frames, of the session and the outbox, while the receiver accepts them."""
        while self._receiver is not None and self._receiver.writable:
            if self._close_frame is None:
                self._collecting = True
                self._service_session.resume()
                self._collecting = False
            if self._pending:
                self._flush()
            elif self._close_frame is not None:
                self._send(self._close_frame)
            else:
                return

    def _flush(self) -> None:
        pending = self._pending
        self._pending, self._pending_bytes = [], 0
        self._send(pending[0] if len(pending) == 1 else framing.joined(pending))

    def _flush_soon(self) -> None:
        self._flushing = None
        self._pump()

    # --- the conversation's writer ----------------------------------------------------------------

    def write(self, frame: Frame) -> bool:
        if self._close_frame is not None:
            return False
        array = framing.array_of(frame)
        self._pending.append(array)
        self._pending_bytes += len(array)
        room = self._pending_bytes < BATCH_BYTES
        receiver = self._receiver
        if self._collecting or receiver is None or not receiver.writable:
            return self._collecting and room
        if receiver.polls:
            # One array for all messages of this turn, as a poll is finished after it.
            if self._flushing is None:
                self._flushing = asyncio.get_running_loop().call_soon(self._flush_soon)
            return room
        self._flush()
        return self._receiver is not None and receiver.writable

    def close(self, code: int, reason: str) -> None:
        if self._close_frame is not None:
            return
        self._close_frame = framing.close(code, reason)
        self._inbox_filled.set()
        self._pump()
        if self._receiver is not None:
            # Not writable: it has the same time as a client without an open request.
            self._cancel_heartbeat()
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(self._timeouts.timeout_s, self._expire)

    def close_now(self, code: int, reason: str) -> None:
        self.close(code, reason)
        receiver = self._receiver
        if receiver is not None:
            self._unlink()
            receiver.cut()

    def ping(self) -> None:
        """Do nothing: SockJS's heartbeats are not answered."""

    # --- timers -----------------------------------------------------------------------------------

    def _schedule_heartbeat(self) -> None:
        loop = asyncio.get_running_loop()
        self._heartbeat = loop.call_later(self._timeouts.heartbeat_s, self._send_heartbeat)

    def _send_heartbeat(self) -> None:
        self._schedule_heartbeat()
        if self._receiver is not None and self._receiver.writable:
            self._send(framing.HEARTBEAT)

    def _cancel_heartbeat(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            self._heartbeat = None

    def _expire_later(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(self._timeouts.timeout_s, self._expire)

    def _expire(self) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.cut()
        if self._close_frame is None:
            self.close(*INTERRUPTED)
        if not self._over:
            self._over = True
            self._forget()
