"""Connections that send frames as fast as the server takes them, in every protocol."""

import json
import uuid
from collections.abc import Callable

from benchmarks.websocket_frames import frame, upgrade
from tests.hostile import traffic
from tests.hostile.api_user import ApiUser
from tests.hostile.attackers import Behaviour, Then

# What one write holds: more than any burst allows.
FRAMES = 500
STOMP = {"Sec-WebSocket-Protocol": "v12.stomp"}
JSON = {"Sec-WebSocket-Protocol": "bellwire.json"}
CONNECT = traffic.stomp_text("CONNECT", **{"accept-version": "1.2", "heart-beat": "0,0"})


def websocket_pings(person: ApiUser) -> Behaviour:
    handshake = upgrade("/ws", {**traffic.bearer(person.token), **JSON})
    return Behaviour("WebSocket pings", handshake, Then.FLOOD, traffic.ping_frame() * FRAMES)


def strangers_pings(person: ApiUser) -> Behaviour:
    return Behaviour(
        "WebSocket pings of strangers",
        upgrade("/ws", {}),
        Then.FLOOD,
        traffic.ping_frame() * FRAMES,
    )


def json_pings(person: ApiUser) -> Behaviour:
    handshake = upgrade("/ws", {**traffic.bearer(person.token), **JSON})
    return Behaviour("JSON pings", handshake, Then.FLOOD, traffic.json_frame("ping") * FRAMES)


def empty_fragments(person: ApiUser) -> Behaviour:
    """A message of pieces without a byte, which never ends."""
    handshake = upgrade("/ws", {**traffic.bearer(person.token), **JSON})
    begin, more = bytes((0x01, 0x80, 0, 0, 0, 0)), bytes((0x00, 0x80, 0, 0, 0, 0))
    return Behaviour("empty fragments", handshake + begin, Then.FLOOD, more * FRAMES)


def stomp(command: str, **headers: str) -> Callable[[ApiUser], Behaviour]:
    def made(person: ApiUser) -> Behaviour:
        handshake = upgrade("/ws", {**traffic.bearer(person.token), **STOMP})
        opening = handshake + frame(CONNECT, masked=True)
        if command == "ABORT":
            more = traffic.stomp_frame("BEGIN", **headers) + traffic.stomp_frame(command, **headers)
        else:
            more = traffic.stomp_frame(command, **headers)
        return Behaviour(f"STOMP {command}", opening, Then.FLOOD, more * FRAMES)

    return made


def stomp_in_one_message(person: ApiUser) -> Behaviour:
    """Hundreds of frames in each WebSocket message, as many as its limit allows."""
    handshake = upgrade("/ws", {**traffic.bearer(person.token), **STOMP})
    opening = handshake + frame(CONNECT, masked=True)
    packed = traffic.stomp_text("ACK", id="1") * 600
    return Behaviour("STOMP frames in one message", opening, Then.FLOOD, frame(packed, masked=True))


def stomp_beats(person: ApiUser) -> Behaviour:
    handshake = upgrade("/ws", {**traffic.bearer(person.token), **STOMP})
    opening = handshake + frame(CONNECT, masked=True)
    return Behaviour("STOMP beats", opening, Then.FLOOD, frame(b"\n", masked=True) * FRAMES)


def sockjs_socket(person: ApiUser) -> Behaviour:
    path = f"/ws/000/{uuid.uuid4().hex}/websocket"
    texts = [traffic.stomp_text("ACK", id="1").decode()] * 100
    opening = upgrade(path, traffic.bearer(person.token)) + _array(CONNECT.decode())
    return Behaviour("SockJS over WebSocket", opening, Then.FLOOD, _array(*texts))


def sockjs_posts(person: ApiUser) -> Behaviour:
    """One keep-alive connection: the session is opened by it, and written to without an end."""
    base = f"/ws/000/{uuid.uuid4().hex}"
    sign_in = {**traffic.bearer(person.token), "Content-Type": "text/plain"}
    texts = [traffic.stomp_text("ACK", id="1").decode()] * 100
    opening = traffic.request("POST", f"{base}/xhr", sign_in)
    first = json.dumps([CONNECT.decode()]).encode()
    opening += traffic.request("POST", f"{base}/xhr_send", sign_in, first)
    more = traffic.request("POST", f"{base}/xhr_send", sign_in, json.dumps(texts).encode())
    return Behaviour("SockJS over xhr_send", opening, Then.FLOOD, more)


FLOODS = [
    websocket_pings,
    strangers_pings,
    json_pings,
    empty_fragments,
    stomp("BEGIN", transaction="t"),
    stomp("ABORT", transaction="t"),
    stomp("COMMIT", transaction="t"),
    stomp("ACK", id="1"),
    stomp("NACK", id="1"),
    stomp("UNSUBSCRIBE", id="1"),
    stomp_in_one_message,
    stomp_beats,
    sockjs_socket,
    sockjs_posts,
]


def _array(*texts: str) -> bytes:
    return frame(json.dumps(list(texts)).encode(), masked=True)
