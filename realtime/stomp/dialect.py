"""A conversation in STOMP: from the first bytes over CONNECT to a session, and faults to ERROR."""

import logging
from collections.abc import Awaitable, Callable

from realtime import metrics
from realtime.codecs.stomp import Connect, StompError, StompProtocol
from realtime.codecs.stomp.limits import Limits
from realtime.errors import Close, ErrorCode, RealtimeError
from realtime.frames import Frame
from realtime.limits import limits
from realtime.outbox import Wire
from realtime.principal import CredentialError, Principal
from realtime.stomp.session import StompSession

logger = logging.getLogger(__name__)

# Raises CredentialError; the text is the access token of CONNECT, None if it brought none.
SignIn = Callable[[str | None], Awaitable[Principal]]
Begin = Callable[[Principal, StompProtocol, Connect], StompSession]

_CLOSES = {
    ErrorCode.TOKEN_EXPIRED: Close.TOKEN_EXPIRED,
    ErrorCode.FORBIDDEN: Close.FORBIDDEN,
    ErrorCode.TOO_MANY_CONNECTIONS: Close.TOO_MANY_CONNECTIONS,
    ErrorCode.AUTH_ERROR: Close.INVALID_TOKEN,
    ErrorCode.RATE_LIMITED: Close.RATE_LIMITED,
}


class StompDialect:
    """Fed with messages; `session` is there once CONNECT was answered."""

    def __init__(
        self, *, wire: Wire[Frame], subprotocol: str | None, sign_in: SignIn, begin: Begin
    ) -> None:
        largest = limits().max_frame_bytes
        self._protocol = StompProtocol(subprotocol, limits=Limits(frame_bytes=largest))
        self._wire = wire
        self._sign_in = sign_in
        self._begin = begin
        self.session: StompSession | None = None
        self.closed = False

    async def receive(self, payload: bytes) -> None:
        """One message: a frame, a part of one, or several."""
        receipt: str | None = None
        try:
            for action in self._protocol.receive(payload):
                receipt = action.receipt
                if isinstance(action, Connect):
                    await self._connect(action)
                elif self.session is not None:
                    await self.session.carry_out(action)
        except StompError as fault:
            self._fail(fault, Close.MESSAGE_TOO_LARGE if fault.too_large else Close.PROTOCOL_ERROR)
        except RealtimeError as error:
            headers = [("code", str(error.code))]
            if error.retry_after is not None:
                headers.append(("retry-after", str(error.retry_after)))
            told = StompError(error.message, receipt=receipt, headers=tuple(headers))
            self._fail(told, _CLOSES.get(error.code, Close.PROTOCOL_ERROR))
        except Exception:
            logger.exception("A STOMP frame could not be carried out")
            code = (("code", str(ErrorCode.UNAVAILABLE)),)
            told = StompError(Close.UNAVAILABLE.reason, receipt=receipt, headers=code)
            self._fail(told, Close.UNAVAILABLE)

    def refuse(self, close: Close) -> None:
        """Tell a client that is not connected yet why it will not be."""
        code = (("code", str(close.error)),) if close.error else ()
        self._fail(StompError(close.message or close.reason, headers=code), close)

    async def _connect(self, action: Connect) -> None:
        try:
            principal = await self._sign_in(_token(action))
        except CredentialError as error:
            raise RealtimeError(ErrorCode(error.code), error.message) from None
        self.session = self._begin(principal, self._protocol, action)

    def _fail(self, fault: StompError, close: Close) -> None:
        """ERROR, which ends the connection in STOMP."""
        self.closed = True
        frame = Frame(self._protocol.error_frame(fault))
        if self.session is not None:
            self.session.fail(frame, close)
            return
        metrics.CLOSES.labels(close.name.lower()).inc()
        self._wire.write(frame)
        self._wire.close(close.code, close.reason)


def _token(action: Connect) -> str | None:
    """The access token: after `Bearer`, or bare, as some clients send it."""
    if not action.authorization:
        return None
    scheme, _, rest = action.authorization.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else action.authorization.strip()
