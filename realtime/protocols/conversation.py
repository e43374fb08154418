"""One message-based connection: authentication, detection of the protocol, and the session.

A transport (WebSocket, SockJS) opens it, passes it messages, and reports the end. The protocol is
given by the subprotocol or detected from the first message: `{` is JSON, `CONNECT`, `STOMP` or an
end-of-line is STOMP.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from realtime import metrics
from realtime.conf import conf
from realtime.database.executor import in_thread_for
from realtime.database.health import log_failure
from realtime.fanout.connection import Connection
from realtime.fanout.outbox import SocketWriter
from realtime.fanout.rate import RateLimit, Turn, Verdict
from realtime.protocol.addresses import network_of
from realtime.protocol.case_negotiation import default_presentation, presentation_of
from realtime.protocol.errors import Close, ErrorCode, RealtimeError
from realtime.protocol.frames import Frame
from realtime.protocol.messages import ErrorPush, Position, Topic
from realtime.protocol.principal import CredentialError, Principal
from realtime.protocols.json.codec import JSON_CODEC, SUBPROTOCOL, codec_of
from realtime.protocols.json.session import Session
from realtime.protocols.stomp.codec import SUBPROTOCOLS as STOMP_SUBPROTOCOLS
from realtime.protocols.stomp.codec import Connect, StompProtocol
from realtime.protocols.stomp.negotiation import StompNegotiation
from realtime.protocols.stomp.session import StompSession
from realtime.registries.stream_views import StreamViewFactory, open_stream_view, parse_since
from realtime.runtime import Runtime

logger = logging.getLogger(__name__)

# No log has this position, so that an invalid `since` is answered with `recovered: false`.
_NO_POSITION = Position("-", 0)
_REFUSALS = {
    "TOKEN_EXPIRED": Close.TOKEN_EXPIRED,
    "FORBIDDEN": Close.FORBIDDEN,
    "UNAVAILABLE": Close.UNAVAILABLE,
}
_STOMP_STARTS = (b"CONNECT", b"STOMP", b"\n", b"\r")

Topics = Callable[[Principal], Sequence[Topic]]


class Conversation:
    """A client's connection from the transport's point of view.

    `topics`, or `view_factory` with the id in the path, gives the initial subscriptions; the
    protocol is then JSON. Unless `patient`, an invalid explicit credential closes the connection at
    once; otherwise the first message is awaited, so that it can be answered.
    """

    def __init__(
        self,
        *,
        runtime: Runtime,
        scope: Mapping[str, Any],
        writer: SocketWriter[Frame],
        transport: str,
        subprotocol: str | None,
        topics: Topics | None = None,
        view_factory: StreamViewFactory | None = None,
        patient: bool = True,
    ) -> None:
        self._runtime = runtime
        self._scope = scope
        self._writer = writer
        self._transport = transport
        self._subprotocol = subprotocol
        self._topics = topics
        self._view_factory = view_factory
        self._patient = patient
        self._connection_id = uuid.uuid4().hex
        self._rate = RateLimit.of(conf())
        self._turn = Turn(self._rate)
        self._query = parse_qs(scope["query_string"].decode("latin-1"))
        self._faults: list[str] = []
        try:
            self._presentation = presentation_of(self._query)
        except ValueError as error:
            self._presentation = default_presentation()
            self._faults.append(str(error))
        self._principal: Principal | None = None
        self._fault = CredentialError("AUTH_ERROR", "Authentication failed")
        self._leased: int | None = None
        self._json: Session | None = None
        self._stomp: StompNegotiation | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._closed = False
        self._end_admission = runtime.admissions.add(partial(self._refuse, Close.DRAINING))
        self._uncount_anonymous: Callable[[], None] | None = None

    # --- lifecycle --------------------------------------------------------------------------------

    async def open(self) -> None:
        """Admit the client, or send it the reason why not. The transport must be writable."""
        if self._runtime.is_draining():
            self._refuse(Close.DRAINING)
            return
        try:
            self._principal = await self._runtime.admit(self._scope)
        except CredentialError as error:
            # STOMP's CONNECT may bring a valid one: browsers send stale cookies by themselves.
            self._fault = error
            if not (error.ambient or self._patient):
                self._refuse(_REFUSALS.get(error.code, Close.INVALID_TOKEN))
                return
        except Exception as error:
            log_failure(logger, "A credential could not be looked at", error=error)
            self._refuse(Close.UNAVAILABLE)
            return
        if self._closed:
            return
        if self._principal is None:
            self._count_anonymous()
        if self._subprotocol == SUBPROTOCOL or self._topics or self._view_factory:
            await self._begin_json()
        else:
            self._waiting = asyncio.get_running_loop().call_later(
                conf().first_frame_s, self._refuse, Close.NO_FIRST_FRAME
            )

    async def receive(self, payload: bytes) -> None:
        """Handle one message of the client."""
        if not await self._has_turn():
            return
        if self._json is None and self._stomp is None:
            if self._speaks_stomp(payload):
                # Credentials may come with CONNECT, so the first-frame timeout goes on until then.
                self._stomp = self._begin_stomp()
            else:
                self._stop_waiting()
                await self._begin_json()
        if self._json is not None:
            await self._json.receive(payload)
        elif self._stomp is not None:
            await self._receive_stomp(self._stomp, payload)

    async def skip(self) -> None:
        """Handle a transport frame without a message, in its turn."""
        if await self._has_turn():
            self.count()

    def count(self) -> bool:
        """Count a transport frame without a message: a ping, a fragment, or an empty one.

        Returns False if it is over the limit. Closes a client that keeps sending them.
        """
        verdict = self._rate.judge(time.monotonic())
        if verdict is Verdict.CUT_OFF:
            if (connection := self.connection) is not None:
                connection.close(Close.RATE_LIMITED)
            elif not self._closed:
                self._refuse(Close.RATE_LIMITED)
        return verdict is Verdict.ALLOWED

    async def _has_turn(self) -> bool:
        """Wait for a frame's turn. Returns False if the connection has ended."""
        if not self.is_closed:
            await self._turn.wait()
        return not self.is_closed

    @property
    def is_closed(self) -> bool:
        """Whether a close was sent; frames that come after it are ignored."""
        connection = self.connection
        return self._closed or (connection is not None and connection.closing is not None)

    def resume(self) -> None:
        """Write queued frames: the transport accepts more."""
        if (connection := self.connection) is not None:
            connection.outbox.resume()

    def touch(self) -> None:
        """Record a sign of life of the client."""
        if (connection := self.connection) is not None:
            connection.touch()

    async def ended(self) -> None:
        """Clean up: the connection is gone. Called once."""
        self._closed = True
        self._end_admission()
        self._end_anonymous()
        self._stop_waiting()
        connection = self.connection
        if connection is not None:
            connection.ended()
            await connection.finish()
        if self._leased is not None:
            await self._runtime.leases.release(self._leased, self._connection_id)

    @property
    def connection(self) -> Connection | None:
        """The session, once the protocol is known."""
        return self._json or (self._stomp.session if self._stomp else None)

    # --- authentication ---------------------------------------------------------------------------

    async def _lease(self, principal: Principal) -> bool:
        replaces = self._query.get("connection_id", [""])[0]
        if not await self._runtime.lease(principal, self._connection_id, replaces):
            return False
        self._leased = principal.user_id
        self._end_anonymous()
        return True

    def _count_anonymous(self) -> None:
        client = self._scope.get("client")
        address = network_of(client[0]) if client else ""
        self._uncount_anonymous = self._runtime.anonymous_connections.add(
            address, partial(self._refuse, Close.UNAVAILABLE)
        )

    def _end_anonymous(self) -> None:
        if self._uncount_anonymous is not None:
            self._uncount_anonymous()
            self._uncount_anonymous = None

    async def _sign_in(self, token: str | None) -> Principal:
        """Return the principal of STOMP's CONNECT, and lease a connection.

        It is the principal of the token or of the handshake. Raises `CredentialError`, with the
        code TOO_MANY_CONNECTIONS above the limit.
        """
        principal = self._principal
        if token is not None:
            principal = await self._runtime.admit_token(self._scope, token)
        if principal is None:
            raise self._fault
        if not await self._lease(principal):
            raise CredentialError("TOO_MANY_CONNECTIONS", Close.TOO_MANY_CONNECTIONS.message)
        if self._closed:
            raise self._fault  # it was refused meanwhile, and is sent nothing more
        return principal

    # --- choice of the protocol -------------------------------------------------------------------

    def _speaks_stomp(self, payload: bytes) -> bool:
        return self._subprotocol in STOMP_SUBPROTOCOLS or payload.startswith(_STOMP_STARTS)

    def _begin_stomp(self) -> StompNegotiation:
        return StompNegotiation(
            writer=self._writer,
            subprotocol=self._subprotocol,
            sign_in=self._sign_in,
            begin=self._connected,
            rate=self._rate,
            turn=self._turn,
        )

    def _connected(
        self, principal: Principal, protocol: StompProtocol, connect: Connect
    ) -> StompSession:
        self._stop_waiting()
        self._end_admission()
        return StompSession(
            principal=principal,
            connection_id=self._connection_id,
            hub=self._runtime.hub,
            writer=self._writer,
            transport=f"stomp_{self._transport}",
            protocol=protocol,
            connect=connect,
            presentation=self._presentation,
        )

    async def _receive_stomp(self, stomp: StompNegotiation, payload: bytes) -> None:
        was_connected = stomp.session is not None
        if stomp.session is not None:
            stomp.session.received()
        if len(payload) > conf().max_frame_bytes:
            stomp.refuse(Close.MESSAGE_TOO_LARGE)
        else:
            await stomp.receive(payload)
        self._closed = self._closed or stomp.closed
        # A client that was connected when the drain began is told in its turn.
        if stomp.session is not None and not was_connected and self._runtime.is_draining():
            stomp.session.close(Close.DRAINING)

    async def _begin_json(self) -> None:
        principal = self._principal
        if principal is None:
            self._refuse(_REFUSALS.get(self._fault.code, Close.INVALID_TOKEN))
            return
        try:
            names = await self._subscribed(principal)
        except RealtimeError as error:
            known = error.code is ErrorCode.FORBIDDEN
            self._refuse(Close.FORBIDDEN if known else Close.NOT_FOUND)
            return
        except Exception as error:
            log_failure(logger, "A socket's topics could not be looked at", error=error)
            self._refuse(Close.UNAVAILABLE)
            return
        if not await self._lease(principal):
            self._refuse(Close.TOO_MANY_CONNECTIONS)
            return
        if self._closed:
            return
        self._end_admission()
        session = self._json = Session(
            principal=principal,
            connection_id=self._connection_id,
            hub=self._runtime.hub,
            gate=self._runtime.gate,
            writer=self._writer,
            transport=self._transport,
            rate=self._rate,
            codec=codec_of(self._presentation),
        )
        wanted, fault = _since(names, self._query.get("since", []) if names else [])
        await session.open(wanted)
        for message in filter(None, [*self._faults, fault]):
            session.send(ErrorPush(ErrorCode.BAD_FRAME, message))
        if self._runtime.is_draining():
            session.close(Close.DRAINING)

    async def _subscribed(self, principal: Principal) -> Sequence[Topic]:
        """Return the topics of the initial subscriptions. Raises `RealtimeError`."""
        if self._view_factory is not None:
            text = self._scope["url_route"]["kwargs"]["id"]
            stream_view = await in_thread_for(
                principal.user_id, open_stream_view, principal, self._view_factory, text
            )
            return stream_view.topics
        return self._topics(principal) if self._topics is not None else ()

    # --- refusal ----------------------------------------------------------------------------------

    def _refuse(self, close: Close) -> None:
        """Send the reason and close, as browsers cannot read a refused handshake.

        The first reason wins.
        """
        if self._closed:
            return
        self._closed = True
        self._end_admission()
        self._end_anonymous()
        self._stop_waiting()
        metrics.CLOSES.labels(close.name.lower()).inc()
        if self._stomp is not None:
            self._stomp.refuse(close)
            return
        if close.error is not None and self._subprotocol not in STOMP_SUBPROTOCOLS:
            self._writer.write(JSON_CODEC.encode(ErrorPush(close.error, close.message)))
        self._writer.close(close.code, close.reason)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def _since(
    topics: Sequence[Topic], since: Sequence[str]
) -> tuple[dict[Topic, Position | None], str]:
    """Return where each topic resumes, by `?since=position;position`, and an error text or ""."""
    if not since:
        return dict.fromkeys(topics), ""
    try:
        return parse_since(since[0], topics), ""
    except ValueError as error:
        return dict.fromkeys(topics, _NO_POSITION), f"`since`: {error}"
