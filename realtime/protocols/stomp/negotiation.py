"""A STOMP connection from its first bytes to a session; turns errors into ERROR frames."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from realtime import metrics
from realtime.conf import conf
from realtime.database.health import log_failure
from realtime.fanout.outbox import SocketWriter
from realtime.fanout.rate import RateLimit, Turn, Verdict
from realtime.protocol.errors import Close, ErrorCode, RealtimeError
from realtime.protocol.frames import Frame
from realtime.protocol.principal import CredentialError, Principal
from realtime.protocols.stomp.codec import (
    Action,
    Connect,
    Step,
    StompError,
    StompProtocol,
)
from realtime.protocols.stomp.codec.limits import Limits
from realtime.protocols.stomp.session import StompSession

logger = logging.getLogger(__name__)

# Takes the access token of CONNECT, or None without one. Raises CredentialError.
SignIn = Callable[[str | None], Awaitable[Principal]]
Begin = Callable[[Principal, StompProtocol, Connect], StompSession]

_CLOSES: Mapping[str, Close] = {
    ErrorCode.TOKEN_EXPIRED: Close.TOKEN_EXPIRED,
    ErrorCode.FORBIDDEN: Close.FORBIDDEN,
    ErrorCode.TOO_MANY_CONNECTIONS: Close.TOO_MANY_CONNECTIONS,
    ErrorCode.AUTH_ERROR: Close.INVALID_TOKEN,
    ErrorCode.RATE_LIMITED: Close.RATE_LIMITED,
    ErrorCode.UNAVAILABLE: Close.UNAVAILABLE,
}


# The command that ends a connection is handled even above the rate limit.
_DISCONNECT = "DISCONNECT"
_ANSWERS = frozenset({"ACK", "NACK"})


class StompNegotiation:
    """Gets messages; `session` is set once CONNECT was answered."""

    def __init__(
        self,
        *,
        writer: SocketWriter[Frame],
        subprotocol: str | None,
        sign_in: SignIn,
        begin: Begin,
        rate: RateLimit,
        turn: Turn,
    ) -> None:
        bounds = Limits(frame_bytes=conf().max_frame_bytes, subscriptions=conf().max_subscriptions)
        self._protocol = StompProtocol(subprotocol, limits=bounds)
        self._writer = writer
        self._sign_in = sign_in
        self._begin = begin
        self._rate = rate
        self._turn = turn
        self.session: StompSession | None = None
        self.closed = False
        # The receipt that the current frame asks for, which an ERROR names.
        self._receipt: str | None = None

    async def receive(self, payload: bytes) -> None:
        """Handle one message: a frame, a part of one, or several."""
        self._receipt = None
        try:
            await self._read(payload)
        except StompError as fault:
            self._fail(fault, Close.MESSAGE_TOO_LARGE if fault.too_large else Close.PROTOCOL_ERROR)
        except RealtimeError as error:
            headers = [("code", str(error.code))]
            if error.retry_after is not None:
                headers.append(("retry-after", str(error.retry_after)))
            stomp_error = StompError(error.message, receipt=self._receipt, headers=tuple(headers))
            self._fail(stomp_error, _CLOSES.get(error.code, Close.PROTOCOL_ERROR))
        except Exception as error:
            log_failure(logger, "A STOMP frame could not be carried out", error=error)
            code = (("code", str(ErrorCode.UNAVAILABLE)),)
            stomp_error = StompError(Close.UNAVAILABLE.reason, receipt=self._receipt, headers=code)
            self._fail(stomp_error, Close.UNAVAILABLE)

    async def _read(self, payload: bytes) -> None:
        counted = False
        for step in self._protocol.read(payload):
            counted = True
            self._count(step)
            for action in step.actions:
                await self._carry_out(action)
            await self._turn.wait()
            if self.closed:
                return
        if not counted:
            self._judge(1)

    async def _carry_out(self, action: Action) -> None:
        self._receipt = action.receipt
        if isinstance(action, Connect):
            await self._connect(action)
        elif self.session is not None:
            await self.session.carry_out(action)

    def refuse(self, close: Close) -> None:
        """Send a client that is not connected yet the reason for its refusal."""
        code = (("code", str(close.error)),) if close.error else ()
        self._fail(StompError(close.message or close.reason, headers=code), close)

    def _count(self, step: Step) -> None:
        """Raise `RealtimeError` for a frame, or heart-beats, over the limit."""
        frames = step.heart_beats
        if (
            step.command
            and step.command != _DISCONNECT
            and not self._is_pending_answer(step.command)
        ):
            frames += 1
        if frames:
            self._judge(frames)

    def _is_pending_answer(self, command: str) -> bool:
        """Return whether the frame answers a message; those may be as many as the messages sent."""
        return (
            command in _ANSWERS and self.session is not None and self.session.take_pending_answer()
        )

    def _judge(self, frames: int) -> None:
        if self._rate.judge(time.monotonic(), frames) is not Verdict.ALLOWED:
            raise RealtimeError(ErrorCode.RATE_LIMITED, "Too many frames")

    async def _connect(self, action: Connect) -> None:
        try:
            principal = await self._sign_in(_token(action))
        except CredentialError as error:
            raise error.as_realtime_error() from None
        self.session = self._begin(principal, self._protocol, action)

    def _fail(self, fault: StompError, close: Close) -> None:
        """Send ERROR, which ends the connection in STOMP. The first one wins."""
        if self.closed:
            return
        self.closed = True
        frame = Frame(self._protocol.error_frame(fault))
        if self.session is not None:
            self.session.fail(frame, close)
            return
        metrics.CLOSES.labels(close.name.lower()).inc()
        self._writer.write(frame)
        self._writer.close(close.code, close.reason)


def _token(action: Connect) -> str | None:
    """Return the access token: after `Bearer`, or bare, as some clients send it."""
    if not action.authorization:
        return None
    scheme, _, rest = action.authorization.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else action.authorization.strip()
