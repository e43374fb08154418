"""MESSAGE frames, the hot path: one event goes to a thousand subscriptions.

    MESSAGE                              ┐
    subscription:sub-0                   │ per subscription, encoded once
    destination:/user/queue/events       │
    message-id:3@                        ┘
                 12@a1b2c3@users/42      ┐
    content-type:application/json;…      │
    content-length:17                    │ per event, encoded once
    topic:users/42                       │
    offset:12                            │
    epoch:a1b2c3                         │
                                         │
    {"type":"matched"}^@                 ┘

A message-id is `serial@offset@epoch@topic`: the serial identifies the subscription (a number that
no other subscription of the connection has had, so that a client's own id cannot break it), the
rest identifies the message. In 1.2 `ack` is the same text.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from realtime.protocol.messages import Topic
from realtime.protocols.stomp.codec.frames import header_lines
from realtime.protocols.stomp.codec.versions import Version

JSON: Final = "application/json;charset=utf-8"

# A topic may contain colons, which 1.1 and 1.2 escape, and which legacy clients send back in
# escaped form; it never contains a tilde.
_COLON, _TILDE = ":", "~"

# No serial or offset has more digits; int() refuses more than 4,300.
_DIGITS = 20


class MessageKey(NamedTuple):
    """Identifies the event that a MESSAGE carried."""

    topic: Topic
    epoch: str
    offset: int


class SharedMessage:
    """The part that the MESSAGEs of one event with one body share. `body` is JSON text."""

    __slots__ = ("_body", "_id", "_tails", "key")

    def __init__(self, topic: Topic, epoch: str, offset: int, body: bytes) -> None:
        self.key = MessageKey(topic, epoch, offset)
        self._body = body
        self._id = f"{offset}@{epoch}@{topic.replace(_COLON, _TILDE)}"
        self._tails: dict[Version, tuple[bytes, bytes]] = {}

    def tail(self, version: Version) -> tuple[bytes, bytes]:
        """Return the id after its serial, and everything that follows it; cached per version."""
        tail = self._tails.get(version)
        if tail is None:
            tail = self._tails[version] = self._make(version)
        return tail

    def _make(self, version: Version) -> tuple[bytes, bytes]:
        headers = [
            ("content-length", str(len(self._body))),
            ("content-type", JSON),
            ("topic", self.key.topic),
            ("offset", str(self.key.offset)),
            ("epoch", self.key.epoch),
        ]
        named = header_lines([("message-id", self._id)], version)[len("message-id:") : -1]
        lines = header_lines(headers, version, with_length=True)
        return named, b"%b\n%b\n%b\0" % (named, lines, self._body)


class MessageHead:
    """The first part of the MESSAGEs of one subscription; `with_ack` adds the `ack` header."""

    __slots__ = ("_ack", "_id", "_start", "_version", "_whole")

    def __init__(
        self, subscription: str, destination: str, serial: int, version: Version, with_ack: bool
    ) -> None:
        headers = [("subscription", subscription), ("destination", destination)]
        self._version = version
        self._start = b"MESSAGE\n" + header_lines(headers, version)
        self._id = b"message-id:%d@" % serial
        self._ack = b"ack:%d@" % serial if with_ack else b""
        self._whole = self._start + self._id

    def message(self, shared: SharedMessage, extra: Mapping[str, str] | None = None) -> bytes:
        """Return the whole frame, with `extra` headers."""
        named, tail = shared.tail(self._version)
        if extra is None and not self._ack:
            return self._whole + tail
        lines = header_lines(extra.items(), self._version) if extra else b""
        if self._ack:
            lines += b"%b%b\n" % (self._ack, named)
        return b"".join((self._start, lines, self._id, tail))


def read_message_id(text: str) -> tuple[int, MessageKey] | None:
    """Return the serial and the message that an ACK names; None for an id that is not ours."""
    serial, _, rest = text.partition("@")
    offset, _, rest = rest.partition("@")
    epoch, at, topic = rest.rpartition("@")
    if not at or _number(serial) is None or (number := _number(offset)) is None:
        return None
    return int(serial), MessageKey(Topic(topic.replace(_TILDE, _COLON)), epoch, number)


def _number(text: str) -> int | None:
    decimal = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if decimal else None
