"""The owner's side of a session that is used through other instances.

A proxy's request gets a receiver here whose frames are relayed. They are kept, and sent again,
until the proxy has acknowledged that it wrote them.

    proxy -> owner   open {key, credential, user?, polls}   say {key, credential, user?, messages}
                     took {seq}   leave {broken}
    owner -> proxy   answer {answer}   frames {frames: [[seq, frame or None for the end], ...]}
                     (empty: the owner does not know this request any more)

Every message carries `id`, which the proxy has given its request.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from realtime.transports.sockjs.session import Claim, SockSession

# Redis answers in a millisecond; a message not answered within this time was lost.
RETRY_S = 0.25
# A proxy that acknowledges nothing for this long has lost its client, or is gone itself.
PATIENCE_S = 5.0
# Unacknowledged bytes on their way to a proxy.
WINDOW_BYTES = 64 * 1024
# Finished requests that are remembered, so that a late repetition of one does nothing.
REMEMBERED = 10_000

SendToInstance = Callable[[str, Mapping[str, Any]], bool]
Request = tuple[str, str]


class Answer(StrEnum):
    """An owner's answer to a request."""

    DONE = "done"
    OTHER = "other"
    UNKNOWN = "unknown"
    GONE = "gone"


_ANSWERS = {Claim.OTHER: Answer.OTHER, Claim.UNKNOWN: Answer.UNKNOWN}


class RemoteReceiver:
    """A receiver on another instance. `over` is called once it is finished."""

    def __init__(
        self,
        *,
        polls: bool,
        send: Callable[[list[tuple[int, bytes | None]]], object],
        lost: Callable[[], None],
        over: Callable[[], None],
    ) -> None:
        self.polls = polls
        self._deliver = send
        self._lost = lost
        self._over = over
        self._resume: Callable[[], None] | None = None
        self._seq = 0
        self._unacked: deque[tuple[int, bytes | None]] = deque()
        self._bytes = 0
        self._ended = False
        self._last_acknowledged = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def writable(self) -> bool:
        return not self._ended and self._bytes < WINDOW_BYTES

    def on_resume(self, resume: Callable[[], None]) -> None:
        self._resume = resume

    def send(self, frame: bytes) -> None:
        self._put(frame)
        if not self.polls:
            self._deliver([(self._seq, frame)])

    def end(self) -> None:
        self._ended = True
        self._put(None)
        self._deliver(list(self._unacked) if self.polls else [(self._seq, None)])

    def cut(self) -> None:
        """Free what the client has not read; it only needs to learn that nothing follows."""
        self._ended = True
        self._unacked.clear()
        self.dispose()
        self._deliver([])
        self._over()

    def acknowledge(self, seq: int) -> None:
        """Remove frames up to `seq`: the proxy has written them."""
        self._last_acknowledged = time.monotonic()
        while self._unacked and self._unacked[0][0] <= seq:
            self._bytes -= len(self._unacked.popleft()[1] or b"")
        if not self._unacked:
            self.dispose()
            if self._ended:
                self._over()
                return
        if self._resume is not None and self.writable:
            self._resume()

    def dispose(self) -> None:
        """Stop sending again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _put(self, frame: bytes | None) -> None:
        self._seq += 1
        if not self._unacked:
            self._last_acknowledged = time.monotonic()
        self._unacked.append((self._seq, frame))
        self._bytes += len(frame or b"")
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(RETRY_S, self._resend)

    def _resend(self) -> None:
        self._timer = None
        if time.monotonic() - self._last_acknowledged > PATIENCE_S:
            self._lost()
            return
        self._deliver(list(self._unacked))
        self._timer = asyncio.get_running_loop().call_later(RETRY_S, self._resend)


class Host:
    """Serves this instance's sessions to other instances."""

    def __init__(
        self, *, find: Callable[[str], SockSession | None], send_to: SendToInstance
    ) -> None:
        self._find = find
        self._send_to = send_to
        # The session is None if another receiver was already attached to it.
        self._receivers: dict[Request, tuple[SockSession | None, RemoteReceiver]] = {}
        self._done: OrderedDict[Request, Answer] = OrderedDict()

    def dispatch(self, instance: str, body: Mapping[str, Any]) -> None:
        """Handle one message of a proxy."""
        request = instance, body["id"]
        match body["op"]:
            case "open":
                self._open(request, body)
            case "say":
                self._enqueue_messages(request, body)
            case "took":
                if request in self._receivers:
                    self._receivers[request][1].acknowledge(body["seq"])
            case "leave":
                self._leave(request, broken=body["broken"])

    def proxies(self) -> set[str]:
        """Return the instances that have receivers here."""
        return {instance for instance, _ in self._receivers}

    def owner_lost(self, instance: str) -> None:
        """Lose the receivers of a proxy that has died."""
        for request in [each for each in self._receivers if each[0] == instance]:
            self._lose(request)

    # --- requests of proxies ----------------------------------------------------------------------

    def _open(self, request: Request, body: Mapping[str, Any]) -> None:
        if request in self._receivers:
            self._answer(request, Answer.DONE)
            return

        def send(frames: list[tuple[int, bytes | None]]) -> None:
            self._send_to(request[0], {"op": "frames", "id": request[1], "frames": frames})

        if request in self._done:
            send([])
            return
        session, answer = self._session(body)
        self._answer(request, answer)
        if session is None:
            return

        receiver = RemoteReceiver(
            polls=body["polls"],
            send=send,
            lost=lambda: self._lose(request),
            over=lambda: self._finish(request),
        )
        self._receivers[request] = session, receiver
        if not session.attach(receiver) and request in self._receivers:
            self._receivers[request] = None, receiver

    def _enqueue_messages(self, request: Request, body: Mapping[str, Any]) -> None:
        answer = self._done.get(request)
        if answer is None:
            session, answer = self._session(body)
            if session is not None and not session.enqueue(body["messages"]):
                answer = Answer.GONE
            if answer is not Answer.UNKNOWN:
                self._remember(request, answer)
        self._answer(request, answer)

    def _leave(self, request: Request, *, broken: bool) -> None:
        if request not in self._receivers:
            self._send_to(request[0], {"op": "frames", "id": request[1], "frames": []})
        elif broken:
            self._lose(request)
        else:
            session, receiver = self._receivers[request]
            if session is not None:
                session.release(receiver)

    def _session(self, body: Mapping[str, Any]) -> tuple[SockSession | None, Answer]:
        session = self._find(body["key"])
        if session is None:
            return None, Answer.GONE
        claim = session.claim(body["credential"], body["user"])
        if claim is Claim.OWN:
            return session, Answer.DONE
        return None, _ANSWERS[claim]

    # --- end of a receiver ------------------------------------------------------------------------

    def _lose(self, request: Request) -> None:
        session, receiver = self._receivers[request]
        self._finish(request)
        if session is not None:
            session.detach(receiver)
            session.interrupted()

    def _finish(self, request: Request) -> None:
        _, receiver = self._receivers.pop(request)
        receiver.dispose()
        self._remember(request, Answer.DONE)

    def _remember(self, request: Request, answer: Answer) -> None:
        self._done[request] = answer
        if len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    def _answer(self, request: Request, answer: Answer) -> None:
        self._send_to(request[0], {"op": "answer", "id": request[1], "answer": answer.value})
