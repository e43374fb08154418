"""The other end of a STOMP connection, in bytes."""

from typing import Any

from realtime.protocols.stomp.codec import (
    Action,
    Connect,
    Parser,
    StompFrame,
    StompProtocol,
    Subscribe,
    Subscription,
    Version,
    encode,
)
from realtime.protocols.stomp.codec.limits import DEFAULTS, Limits

ALL = tuple(Version)


def frame(command: str, body: bytes = b"", /, **headers: str) -> StompFrame:
    """`frame("ACK", message_id="1")`: underscores are hyphens."""
    return StompFrame(
        command, tuple((name.replace("_", "-"), value) for name, value in headers.items()), body
    )


def writer(
    command: str, body: bytes = b"", version: Version = Version.V12, /, **headers: str
) -> bytes:
    return encode(frame(command, body, **headers), version)


def received(data: bytes, version: Version = Version.V12) -> StompFrame:
    """The one frame that `data` is."""
    parser = Parser(version=version)
    parser.feed(data)
    found = parser.next_frame()
    assert found is not None
    assert parser.held == 0
    return found


def drive(protocol: StompProtocol, data: bytes) -> list[Action]:
    """What a session would do: let everybody in, and list what was asked."""
    actions = []
    for action in protocol.receive(data):
        actions.append(action)
        if isinstance(action, Connect):
            protocol.connected(session="s1")
    return actions


class StompSessionClient:
    """A client that has been let in, and the protocol that it talks to."""

    def __init__(self, version: Version = Version.V12, limits: Limits = DEFAULTS) -> None:
        self.version = version
        self.protocol = StompProtocol(limits=limits)
        connect = writer("CONNECT", accept_version=version, host="bellwire")
        (action,) = drive(self.protocol, connect)
        assert isinstance(action, Connect)
        assert action.version is version

    def sends_command(self, command: str, body: bytes = b"", /, **headers: str) -> list[Action]:
        return drive(self.protocol, writer(command, body, self.version, **headers))

    def subscribes(self, **headers: str) -> Subscription:
        (action,) = self.sends_command(
            "SUBSCRIBE", **{"id": "a", "destination": "/topic/a", **headers}
        )
        assert isinstance(action, Subscribe)
        return action.subscription

    def acks(self, message: bytes, command: str = "ACK", /, **headers: str) -> list[Action]:
        """Answers a MESSAGE as its version has it."""
        return self.sends_command(command, **self.answer_to(message), **headers)

    def answer_to(self, message: bytes) -> dict[str, Any]:
        got = received(message, self.version)
        if self.version is Version.V12:
            return {"id": got.get("ack")}
        answer = {"message_id": got.get("message-id")}
        if self.version is Version.V11:
            answer["subscription"] = got.get("subscription")
        return answer
