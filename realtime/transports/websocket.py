"""WebSockets: a thin Channels consumer around a session.

It has no channel of its own (the hub has one per process), and it skips Channels' thread hop
before every message, which is there for consumers that use the ORM on the loop.
"""

import asyncio
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from realtime import metrics
from realtime.codecs.json import JSON_CODEC, SUBPROTOCOL
from realtime.errors import Close, ErrorCode
from realtime.executor import in_thread
from realtime.limits import limits
from realtime.messages import ErrorPush, Position, Topic, parse_position
from realtime.outbox import Wire
from realtime.principal import CredentialError, Eviction, Principal
from realtime.runtime import Runtime
from realtime.session import Session
from realtime.transports.wires import DIRECT, AsgiWire, Send

TRANSPORT = "websocket"
_CONNECTION_ID = re.compile(r"[0-9a-f]{32}\Z")
# A position that no log has: what cannot be read as a position is answered `recovered: false`.
_NOWHERE = Position("-", 0)


class SocketConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """`topics` says what a connection is subscribed to from the start.

    Without it the client is greeted at once if it asked for the JSON subprotocol, else when its
    first frame has shown what it speaks.
    """

    def __init__(
        self, *, runtime: Runtime, topics: Callable[[Principal], Sequence[Topic]] | None = None
    ) -> None:
        self._runtime = runtime
        self._topics = topics
        self._connection_id = uuid.uuid4().hex
        self._user_id: int | None = None
        self._session: Session | None = None
        self._first_frame: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        self.scope = scope
        self.base_send = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            await self._end()

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        match message["type"]:
            case "websocket.receive":
                await self._receive(message)
            case "websocket.connect":
                await self._connect()
            case "websocket.disconnect":
                raise StopConsumer

    # --- opening --------------------------------------------------------------------------------

    async def _connect(self) -> None:
        if self._runtime.is_draining():
            await self._refuse(Close.DRAINING)
            return
        try:
            principal = await in_thread(self._runtime.gate.admit, self.scope)
        except CredentialError as error:
            await self._refuse(_REFUSALS.get(error.code, Close.INVALID_TOKEN))
            return
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        if not await self._lease(principal, query.get("connection_id", [""])[0]):
            await self._refuse(Close.TOO_MANY_CONNECTIONS)
            return
        await self._accept()
        session = self._session = self._begin(principal)
        metrics.CONNECTIONS.labels(TRANSPORT).inc()
        if self._topics is None:
            if SUBPROTOCOL in self.scope["subprotocols"]:
                await session.open({})
            else:
                self._first_frame = asyncio.get_running_loop().call_later(
                    limits().first_frame_s, session.close, Close.NO_FIRST_FRAME
                )
            return
        wanted, fault = _since(self._topics(principal), query.get("since", []))
        await session.open(wanted)
        if fault:
            session.tell(ErrorPush(ErrorCode.BAD_FRAME, fault))
        if self._runtime.is_draining():
            session.close(Close.DRAINING)

    async def _lease(self, principal: Principal, old: str) -> bool:
        replaces = old if _CONNECTION_ID.match(old) else None
        allowed = await self._runtime.leases.acquire(
            principal.user_id, self._connection_id, replaces
        )
        if allowed:
            self._user_id = principal.user_id
            if replaces:
                # Its network may be gone without its server knowing.
                self._runtime.evict([Eviction(principal.user_id, None, replaces)])
        return allowed

    async def _accept(self) -> None:
        offered = self.scope["subprotocols"]
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
        await self.base_send({"type": "websocket.accept", "subprotocol": subprotocol})

    def _begin(self, principal: Principal) -> Session:
        direct = self.scope.get("extensions", {}).get(DIRECT)
        wire: Wire = direct or self._asgi_wire(self._resume)
        session = Session(
            principal=principal,
            connection_id=self._connection_id,
            hub=self._runtime.hub,
            gate=self._runtime.gate,
            codec=JSON_CODEC,
            wire=wire,
            transport=TRANSPORT,
        )
        if direct is not None:
            direct.attach(on_resume=session.outbox.resume, on_pong=session.touch)
        return session

    def _resume(self) -> None:
        if self._session is not None:
            self._session.outbox.resume()

    def _asgi_wire(self, on_resume: Callable[[], None]) -> AsgiWire:
        # daphne names no version of the specification; every other server does.
        daphne = "spec_version" not in self.scope["asgi"]
        return AsgiWire(self.base_send, on_resume=on_resume, daphne=daphne)

    async def _refuse(self, close: Close) -> None:
        """Accept, say why, close: a browser cannot read a refused handshake."""
        metrics.CLOSES.labels(close.name.lower()).inc()
        await self._accept()
        wire = self._asgi_wire(lambda: None)
        if close.error is not None:
            wire.write(JSON_CODEC.encode(ErrorPush(close.error, close.message)))
        wire.close(close.code, close.reason)

    # --- the conversation -------------------------------------------------------------------------

    async def _receive(self, message: Mapping[str, Any]) -> None:
        session = self._session
        if session is None:
            return
        if self._first_frame is not None:
            self._first_frame.cancel()
            self._first_frame = None
            await session.open({})
        text = message.get("text")
        # A binary frame is read as the text that it should have been.
        await session.receive(text.encode() if text is not None else message.get("bytes") or b"")

    async def _end(self) -> None:
        if self._first_frame is not None:
            self._first_frame.cancel()
        if self._session is not None:
            metrics.CONNECTIONS.labels(TRANSPORT).dec()
            self._session.ended()
        if self._user_id is not None:
            await self._runtime.leases.release(self._user_id, self._connection_id)


_REFUSALS = {"TOKEN_EXPIRED": Close.TOKEN_EXPIRED, "FORBIDDEN": Close.FORBIDDEN}


def _since(
    topics: Sequence[Topic], since: Sequence[str]
) -> tuple[dict[Topic, Position | None], str]:
    """Where each topic resumes, by `?since=position;position`, and what was wrong with it."""
    wanted: dict[Topic, Position | None] = dict.fromkeys(topics)
    if not since:
        return wanted, ""
    parts = since[0].split(";")
    try:
        positions = [parse_position(part) for part in parts]
        wanted.update(zip(topics, positions, strict=len(parts) > len(topics)))
    except ValueError as error:
        return dict.fromkeys(topics, _NOWHERE), f"`since`: {error}"
    return wanted, ""
