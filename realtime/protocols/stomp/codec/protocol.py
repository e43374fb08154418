"""One client's STOMP, from CONNECT to the end. The package's docstring says how to drive it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from realtime.protocols.stomp.codec import replies
from realtime.protocols.stomp.codec.actions import Action, Connect
from realtime.protocols.stomp.codec.conversation import FIRST, Conversation
from realtime.protocols.stomp.codec.errors import StompError, quoted
from realtime.protocols.stomp.codec.frames import StompFrame
from realtime.protocols.stomp.codec.limits import DEFAULTS, Limits
from realtime.protocols.stomp.codec.parser import Parser
from realtime.protocols.stomp.codec.subscriptions import Subscriptions
from realtime.protocols.stomp.codec.versions import (
    OFFERED_MS,
    Version,
    negotiate_heart_beat,
    negotiate_version,
)


class State(Enum):
    NEW = "new"  # waits for CONNECT
    CONNECTING = "connecting"  # CONNECT came; waits for the session to call `connected`
    CONNECTED = "connected"
    CLOSED = "closed"  # DISCONNECT, a fault, or `close`: nothing is read any more


@dataclass(frozen=True, slots=True)
class Step:
    """What was read up to the end of a frame, or of what is there: heart-beats, then the frame.

    `command` is "" where no frame is whole yet.
    """

    heart_beats: int
    command: str
    actions: Iterable[Action] = ()


class StompProtocol:
    """`subprotocol` is the WebSocket's, if one was negotiated; `offered_ms` how often the server
    can send a heart-beat, and how often it would have one.
    """

    def __init__(
        self,
        subprotocol: str | None = None,
        *,
        limits: Limits = DEFAULTS,
        offered_ms: tuple[int, int] = OFFERED_MS,
    ) -> None:
        self._state = State.NEW
        self._subprotocol = subprotocol
        self._limits = limits
        self._offered_ms = offered_ms
        self._parser = Parser(limits)
        self._conversation = Conversation(Version.V10, limits)
        # Before CONNECTED a client cannot know in which version it is spoken to.
        self._spoken = Version.V10

    @property
    def state(self) -> State:
        return self._state

    @property
    def version(self) -> Version:
        """1.0 until CONNECT has said better."""
        return self._parser.version

    @property
    def subscriptions(self) -> Subscriptions:
        """Those that are open now; after the end, those that were."""
        return self._conversation.subscriptions

    # --- what comes in -----------------------------------------------------------------------

    def receive(self, data: bytes) -> Iterator[Action]:
        """What `data` asks for, lazily. Only StompError is raised; nothing is read after it."""
        for step in self.read(data):
            yield from step.actions

    def read(self, data: bytes) -> Iterator[Step]:
        """The same frame by frame, those included that ask for nothing.

        What a frame asks for is worked out only once its step was taken: whoever counts frames may
        stop before it.
        """
        self._parser.feed(data)
        return self._steps()

    def _steps(self) -> Iterator[Step]:
        try:
            while self.state in (State.NEW, State.CONNECTED):
                frame = self._parser.next_frame()
                beats = self._parser.take_heart_beats()
                if frame is None:
                    if beats:
                        yield Step(beats, "")
                    return
                yield Step(beats, frame.command, self._handled(frame))
            self._check_pipelined()
        except StompError:
            self.close()
            raise

    def _check_pipelined(self) -> None:
        if self._parser.held > self._limits.pipelined_bytes:
            raise StompError("Too much was sent before CONNECTED", too_large=True)

    def _handled(self, frame: StompFrame) -> Iterator[Action]:
        try:
            yield from self._handle(frame)
        except StompError:
            self.close()
            raise

    def _handle(self, frame: StompFrame) -> Iterable[Action]:
        try:
            if self.state is State.NEW:
                return self._connect(frame)
            actions = self._conversation.handle(frame)
        except StompError as fault:
            fault.receipt = frame.get("receipt")
            raise
        if frame.command == "DISCONNECT":
            self.close()
        return actions

    def _connect(self, frame: StompFrame) -> Iterable[Action]:
        if frame.command not in FIRST:
            raise StompError(f"Expected CONNECT or STOMP, got {quoted(frame.command)}")
        version = negotiate_version(frame.get("accept-version"), self._subprotocol)
        action = Connect(
            version=version,
            heart_beat=negotiate_heart_beat(frame.get("heart-beat"), version, self._offered_ms),
            host=frame.get("host"),
            login=frame.get("login"),
            passcode=frame.get("passcode"),
            authorization=_authorization(frame),
            receipt=frame.get("receipt"),
        )
        self._parser.version = version
        self._conversation = Conversation(version, self._limits)
        self._state = State.CONNECTING
        return (action,)

    # --- what goes out -----------------------------------------------------------------------

    def connected(self, *, session: str, user_name: str | None = None) -> bytes:
        """The CONNECTED frame: the session lets the client in."""
        if self.state is not State.CONNECTING:
            raise RuntimeError(f"connected() answers CONNECT, but the state is {self.state.value}")
        self._state = State.CONNECTED
        self._spoken = self.version
        return replies.connected(self.version, session, user_name, self._offered_ms)

    def receipt(self, receipt_id: str, extra: Mapping[str, str] | None = None) -> bytes:
        """The RECEIPT frame, with `extra` headers such as `recovered`."""
        return replies.receipt(self._spoken, receipt_id, extra)

    def error_frame(self, error: StompError) -> bytes:
        """The ERROR frame. The protocol is closed by it; the session closes the connection."""
        self.close()
        return replies.error(self._spoken, error)

    def close(self) -> None:
        """The end: open transactions are aborted, what was not read is dropped.

        The subscriptions stay, for their trackers' states to be kept. To be called for every
        connection, however it ended; twice does no harm.
        """
        self._state = State.CLOSED
        self._parser.close()
        self._conversation.close()


def _authorization(frame: StompFrame) -> str | None:
    """STOMP's names heed case, but this one comes from HTTP, where none does."""
    for name, value in frame.headers:
        if name.lower() == "authorization":
            return value
    return None
