"""One client's STOMP connection. The package's docstring describes how to use it."""

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
    CONNECTING = "connecting"  # CONNECT was received; waits for the session to call `connected`
    CONNECTED = "connected"
    CLOSED = "closed"  # after DISCONNECT, an error, or `close`: nothing more is read


@dataclass(frozen=True, slots=True)
class Step:
    """The input up to the end of a frame, or of the data so far: heart-beats, then the frame.

    `command` is "" if there is no complete frame yet.
    """

    heart_beats: int
    command: str
    actions: Iterable[Action] = ()


class StompProtocol:
    """The protocol's state machine.

    `subprotocol` is the WebSocket's, if one was negotiated; `offered_ms` the intervals at which the
    server can send heart-beats, and wants to receive them.
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
        # Before CONNECTED a client cannot know the version.
        self._spoken = Version.V10

    @property
    def state(self) -> State:
        return self._state

    @property
    def version(self) -> Version:
        """The negotiated version; 1.0 before CONNECT."""
        return self._parser.version

    @property
    def subscriptions(self) -> Subscriptions:
        """The open subscriptions; after the end, those that were open."""
        return self._conversation.subscriptions

    # --- input ------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> Iterator[Action]:
        """Yield the actions in `data`, lazily. Raises only StompError; nothing is read after it."""
        for step in self.read(data):
            yield from step.actions

    def read(self, data: bytes) -> Iterator[Step]:
        """Yield the input frame by frame, including frames without actions.

        A frame's actions are computed only after its step was consumed: a caller that counts frames
        can stop before that.
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

    # --- output -----------------------------------------------------------------------------------

    def connected(self, *, session: str, user_name: str | None = None) -> bytes:
        """Return the CONNECTED frame: the session has admitted the client."""
        if self.state is not State.CONNECTING:
            raise RuntimeError(f"connected() answers CONNECT, but the state is {self.state.value}")
        self._state = State.CONNECTED
        self._spoken = self.version
        return replies.connected(self.version, session, user_name, self._offered_ms)

    def receipt(self, receipt_id: str, extra: Mapping[str, str] | None = None) -> bytes:
        """Return the RECEIPT frame, with `extra` headers such as `recovered`."""
        return replies.receipt(self._spoken, receipt_id, extra)

    def error_frame(self, error: StompError) -> bytes:
        """Return the ERROR frame, and close the protocol; the session closes the connection."""
        self.close()
        return replies.error(self._spoken, error)

    def close(self) -> None:
        """End: abort open transactions, discard unread input.

        The subscriptions stay, so that their trackers' states can be stored. Call it for every
        connection, however it ended; calling it twice is harmless.
        """
        self._state = State.CLOSED
        self._parser.close()
        self._conversation.close()


def _authorization(frame: StompFrame) -> str | None:
    """Find the header in any case. STOMP's names are case-sensitive; this one comes from HTTP."""
    for name, value in frame.headers:
        if name.lower() == "authorization":
            return value
    return None
