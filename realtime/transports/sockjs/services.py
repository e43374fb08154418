"""What a SockJS session talks to: Bellwire itself, or what the protocol's own test suite needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from realtime.fanout.outbox import Outbox, SocketWriter
from realtime.protocol.frames import Frame
from realtime.protocols.conversation import Conversation
from realtime.runtime import Runtime
from realtime.transports.sockjs.timeouts import BODY_BYTES, RESPONSE_BYTES

# The response limit that the protocol's test suite expects of a server under test.
CONFORMANCE_RESPONSE_BYTES = 4_096


class ServiceSession(Protocol):
    """One client's conversation with a service, as `realtime.protocols.conversation` has it."""

    async def open(self) -> None: ...

    async def receive(self, payload: bytes) -> None: ...

    @property
    def is_closed(self) -> bool: ...

    async def skip(self) -> None: ...

    def count(self) -> bool: ...

    def resume(self) -> None: ...

    def touch(self) -> None: ...

    async def ended(self) -> None: ...


# Called with the scope of the request that opened the session, the wire, and the transport's name.
Begin = Callable[[Mapping[str, Any], SocketWriter[Frame], str], ServiceSession]


@dataclass(frozen=True, slots=True)
class Service:
    """One base URL. `private`: a session belongs to whoever opened it."""

    begin: Begin
    private: bool = True
    websocket: bool = True
    cookie_needed: bool = False
    response_bytes: int = RESPONSE_BYTES


def conversation(runtime: Runtime) -> Service:
    """Bellwire: STOMP or JSON, as the first message shows."""

    def begin(
        scope: Mapping[str, Any], writer: SocketWriter[Frame], transport: str
    ) -> ServiceSession:
        return Conversation(
            runtime=runtime, scope=scope, writer=writer, transport=transport, subprotocol=None
        )

    return Service(begin)


def conformance() -> dict[str, Service]:
    """The services that the protocol's test suite talks to, by base URL."""

    def service(begin: Begin, *, websocket: bool = True, cookie_needed: bool = False) -> Service:
        return Service(begin, False, websocket, cookie_needed, CONFORMANCE_RESPONSE_BYTES)

    return {
        "/echo": service(_Echo),
        "/close": service(_Close),
        "/disabled_websocket_echo": service(_Echo, websocket=False),
        "/cookie_needed_echo": service(_Echo, cookie_needed=True),
    }


class _Echo:
    """Says what it is told."""

    def __init__(
        self, scope: Mapping[str, Any], writer: SocketWriter[Frame], transport: str
    ) -> None:
        self._writer = writer
        self._outbox = Outbox(
            writer,
            max_frames=1_000,
            max_bytes=4 * BODY_BYTES,
            on_overflow=lambda: writer.close_now(1013, "Slow consumer"),
        )

    async def open(self) -> None:
        """Nobody has to be let in."""

    async def receive(self, payload: bytes) -> None:
        self._outbox.send(Frame(payload))

    is_closed = False

    async def skip(self) -> None:
        """Nobody counts here."""

    def count(self) -> bool:
        return True

    def resume(self) -> None:
        self._outbox.resume()

    def touch(self) -> None:
        """Nobody waits for it."""

    async def ended(self) -> None:
        self._outbox.discard()


class _Close(_Echo):
    """Closes whatever is opened."""

    async def open(self) -> None:
        self._writer.close(3000, "Go away!")
