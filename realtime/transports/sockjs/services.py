"""The services behind SockJS sessions: Bellwire, and those of the protocol's own test suite."""

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
    """A session's service; realtime.protocols.conversation.Conversation is the main one."""

    async def open(self) -> None: ...

    async def receive(self, payload: bytes) -> None: ...

    @property
    def is_closed(self) -> bool: ...

    async def skip(self) -> None: ...

    def count(self) -> bool: ...

    def resume(self) -> None: ...

    def touch(self) -> None: ...

    async def ended(self) -> None: ...


# Called with the scope of the request that opened the session, the writer, and the transport.
Begin = Callable[[Mapping[str, Any], SocketWriter[Frame], str], ServiceSession]


@dataclass(frozen=True, slots=True)
class Service:
    """The service of one base URL. `private`: a session belongs to the client that opened it."""

    begin: Begin
    private: bool = True
    websocket: bool = True
    cookie_needed: bool = False
    response_bytes: int = RESPONSE_BYTES


def conversation(runtime: Runtime) -> Service:
    """Return the service that runs STOMP or JSON, detected from the first message."""

    def begin(
        scope: Mapping[str, Any], writer: SocketWriter[Frame], transport: str
    ) -> ServiceSession:
        return Conversation(
            runtime=runtime, scope=scope, writer=writer, transport=transport, subprotocol=None
        )

    return Service(begin)


def conformance() -> dict[str, Service]:
    """Return the services that the protocol's test suite uses, by base URL."""

    def service(begin: Begin, *, websocket: bool = True, cookie_needed: bool = False) -> Service:
        return Service(begin, False, websocket, cookie_needed, CONFORMANCE_RESPONSE_BYTES)

    return {
        "/echo": service(_Echo),
        "/close": service(_Close),
        "/disabled_websocket_echo": service(_Echo, websocket=False),
        "/cookie_needed_echo": service(_Echo, cookie_needed=True),
    }


class _Echo:
    """Sends every message back."""

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
        """Do nothing: there is no admission."""

    async def receive(self, payload: bytes) -> None:
        self._outbox.send(Frame(payload))

    is_closed = False

    async def skip(self) -> None:
        """Do nothing: frames are not counted."""

    def count(self) -> bool:
        return True

    def resume(self) -> None:
        self._outbox.resume()

    def touch(self) -> None:
        """Do nothing: there is no timeout."""

    async def ended(self) -> None:
        self._outbox.discard()


class _Close(_Echo):
    """Closes every session at once."""

    async def open(self) -> None:
        self._writer.close(3000, "Go away!")
