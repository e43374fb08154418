"""One connection floods, another's command is carried out before the flood is through."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from realtime.protocol.messages import Topic
from realtime.protocols.json.envelope import envelope
from realtime.registries import stream_views
from realtime.registries.stream_views import StreamView, register_destination
from realtime.runtime import Runtime
from realtime.transports.sockjs import framing as sockjs_codec
from realtime.transports.sockjs.receivers import StreamReceiver
from realtime.transports.sockjs.services import conversation
from realtime.transports.sockjs.session import SockSession
from realtime.transports.sockjs.timeouts import Timeouts
from realtime.transports.sockjs.websocket import SockJSConsumer
from realtime.transports.websocket import SocketConsumer
from tests.realtime.actors import OpenGate, Watched, written
from tests.realtime.protocols.stomp.client import writer

FLOOD = 10_000
PING = '{"type":"ping"}'
# Of a flood's answers, those that may have come before anybody else had a turn.
SHARE = 100
RATE_LIMITED = {"type": "websocket.close", "code": 1008, "reason": "Rate limited"}


@pytest.fixture(autouse=True)
def destination() -> Iterator[None]:
    """One for STOMP that is there in these tests only."""
    register_destination(
        "/topic/fair-turns/{id}", lambda _, text: StreamView((Topic(f"things/{text}"),), envelope)
    )
    yield
    stream_views._view_factories.pop()


@pytest.fixture
async def runtime(transactional_db: None) -> AsyncIterator[Runtime]:
    made = Runtime(gate=OpenGate())
    made.start()
    yield made
    await made.stop()


@pytest.fixture
def unlimited(limited: Callable[..., None]) -> None:
    limited(frame_burst=10**9)


@pytest.fixture
def impatient(limited: Callable[..., None]) -> None:
    limited(rate_patience_s=0)


class Socket(Watched):
    """A WebSocket by plain ASGI."""

    def __init__(self, application: Any, user_id: int, subprotocols: Sequence[str] = ()) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self._answers = 0
        self._application = application
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "path": "/ws",
            "query_string": f"token={user_id}".encode(),
            "headers": [],
            "subprotocols": list(subprotocols),
        }
        self._events.put_nowait({"type": "websocket.connect"})

    async def run(self) -> None:
        await self._application(self._scope, self._events.get, self._send)

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        text = message.get("text", "")
        self._answers += text.count("pong") + text.startswith("RECEIPT")
        self.changed()

    def sends_texts(self, *texts: str) -> None:
        for text in texts:
            self._events.put_nowait({"type": "websocket.receive", "text": text})

    def leaves(self) -> None:
        self._events.put_nowait({"type": "websocket.disconnect", "code": 1000})

    def answers(self) -> int:
        return self._answers

    def acks(self) -> list[str]:
        """What the MESSAGEs so far are to be acknowledged by."""
        texts = [one["text"] for one in self.sent if one.get("text", "").startswith("MESSAGE")]
        return [text.partition("\nack:")[2].partition("\n")[0] for text in texts]

    async def is_closed(self) -> None:
        await self.until(lambda: bool(self.sent) and self.sent[-1]["type"] == "websocket.close")

    def closes(self) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == "websocket.close"]


@asynccontextmanager
async def connected(
    application: Any, user_id: int, subprotocol: str, *opening: str
) -> AsyncIterator[Socket]:
    socket = Socket(application, user_id, [subprotocol] if subprotocol else [])
    task = asyncio.create_task(socket.run())
    socket.sends_texts(*opening)
    await socket.until(lambda: "connected" in str(socket.sent[:3]).lower())
    yield socket
    socket.leaves()
    await task


def batches(*frames: bytes) -> list[str]:
    """The frames, over and over, in messages as large as is allowed."""
    batch = b"".join(frames)
    copies = 10_000 // len(batch)
    whole = (batch * copies).decode()
    return [whole] * (FLOOD // (copies * len(frames)) + 1)


CONNECT = writer("CONNECT", accept_version="1.2", host="bellwire").decode()
COMMANDS = {
    "BEGIN and ABORT": (
        writer("BEGIN", transaction="t", receipt="r"),
        writer("ABORT", transaction="t"),
    ),
    "BEGIN and COMMIT": (
        writer("BEGIN", transaction="t"),
        writer("COMMIT", transaction="t", receipt="r"),
    ),
    "ACK": (writer("ACK", id="1@1@things/1@1", receipt="r"),),
    "NACK": (writer("NACK", id="1@1@things/1@1", receipt="r"),),
    "UNSUBSCRIBE": (writer("UNSUBSCRIBE", id="none", receipt="r"),),
}


@pytest.fixture
async def bystander(runtime: Runtime) -> AsyncIterator[Socket]:
    application = SocketConsumer.as_asgi(runtime=runtime)
    async with connected(application, 2, "bellwire.json") as socket:
        yield socket


async def share_at_the_answer(bystander: Socket, answers: Callable[[], int]) -> int:
    """How many of the flood's frames were answered when the bystander's ping was."""
    bystander.sends_texts(PING)
    at: list[int] = []

    def look() -> bool:
        if bystander.answers() and not at:
            at.append(answers())
        return bool(at)

    await bystander.until(look)
    return at[0]


async def test_json_commands(runtime: Runtime, bystander: Socket, unlimited: None) -> None:
    application = SocketConsumer.as_asgi(runtime=runtime)
    async with connected(application, 1, "bellwire.json") as flooder:
        flooder.sends_texts(*[PING] * FLOOD)
        assert await share_at_the_answer(bystander, flooder.answers) < SHARE
        await flooder.until(lambda: flooder.answers() == FLOOD)


@pytest.mark.parametrize("command", COMMANDS)
async def test_stomp_frames_in_few_messages(
    runtime: Runtime, bystander: Socket, unlimited: None, command: str
) -> None:
    application = SocketConsumer.as_asgi(runtime=runtime)
    messages = batches(*COMMANDS[command])
    async with connected(application, 1, "v12.stomp", CONNECT) as flooder:
        flooder.sends_texts(*messages)
        assert await share_at_the_answer(bystander, flooder.answers) < SHARE
        expected = sum(message.count("receipt:") for message in messages)
        await flooder.until(lambda: flooder.answers() == expected)


async def test_the_strings_of_a_sockjs_message(
    runtime: Runtime, bystander: Socket, unlimited: None
) -> None:
    application = SockJSConsumer.as_asgi(service=conversation(runtime))
    async with connected(application, 1, "", json.dumps([PING])) as flooder:
        before = flooder.answers()
        flooder.sends_texts(json.dumps([PING] * FLOOD))
        assert await share_at_the_answer(bystander, flooder.answers) < SHARE
        await flooder.until(lambda: flooder.answers() >= before + FLOOD)


async def test_the_messages_of_an_xhr_send(
    runtime: Runtime, bystander: Socket, unlimited: None
) -> None:
    body = bytearray()

    async def send(message: dict[str, Any]) -> None:
        body.extend(message["body"])

    async with sockjs_session(runtime) as session:
        receiver = StreamReceiver(send, sockjs_codec.line)
        session.attach(receiver)
        receiver.begin()
        session.enqueue([PING.encode()] * 1_000)
        assert await share_at_the_answer(bystander, lambda: body.count(b"pong")) < SHARE
        session.close(1000, "The test is over")


@asynccontextmanager
async def sockjs_session(runtime: Runtime) -> AsyncIterator[SockSession]:
    tasks: list[asyncio.Task[None]] = []
    session = SockSession(
        service=conversation(runtime),
        scope={"type": "http", "query_string": b"token=1", "headers": []},
        transport="test",
        credential="",
        timeouts=Timeouts(heartbeat_s=60, timeout_s=60),
        forget=lambda: None,
        run=lambda work: tasks.append(asyncio.get_running_loop().create_task(work)),
    )
    yield session
    session.close(1000, "The test is over")
    await asyncio.gather(*tasks)


# --- those who do not stop -----------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_stomp_frame_is_counted(runtime: Runtime, command: str) -> None:
    application = SocketConsumer.as_asgi(runtime=runtime)
    async with connected(application, 1, "v12.stomp", CONNECT) as flooder:
        flooder.sends_texts(*batches(*COMMANDS[command]))
        await flooder.is_closed()
        assert flooder.closes() == [RATE_LIMITED]
        # 199 beside CONNECT, and those that were earned meanwhile.
        assert flooder.answers() < 1_000
        assert "code:RATE_LIMITED" in flooder.sent[-2]["text"]


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("opening", [[CONNECT], []], ids=["connected", "before CONNECT"])
async def test_every_heart_beat_is_counted(runtime: Runtime, eol: str, opening: list[str]) -> None:
    socket = Socket(SocketConsumer.as_asgi(runtime=runtime), 1, ["v12.stomp"])
    task = asyncio.create_task(socket.run())
    socket.sends_texts(*opening, *[eol] * 100, eol * 5_000)
    await socket.is_closed()
    assert socket.closes() == [RATE_LIMITED]
    socket.leaves()
    await task


async def test_pieces_of_a_stomp_frame_are_counted(runtime: Runtime) -> None:
    application = SocketConsumer.as_asgi(runtime=runtime)
    async with connected(application, 1, "v12.stomp", CONNECT) as flooder:
        flooder.sends_texts("SEND\n", *["x"] * 2_000)
        await flooder.is_closed()
        assert flooder.closes() == [RATE_LIMITED]


@pytest.mark.parametrize("text", [PING, "", "no JSON"])
async def test_json_frames_end_it_after_the_patience(
    runtime: Runtime, impatient: None, text: str
) -> None:
    application = SocketConsumer.as_asgi(runtime=runtime)
    async with connected(application, 1, "bellwire.json") as flooder:
        flooder.sends_texts(*[text] * FLOOD)
        await flooder.is_closed()
        assert flooder.closes() == [RATE_LIMITED]
        assert json.loads(flooder.sent[-2]["text"])["code"] == "RATE_LIMITED"


@pytest.mark.parametrize("text", ["", "[]", json.dumps([PING] * FLOOD), json.dumps([""] * FLOOD)])
async def test_sockjs_frames_end_it_after_the_patience(
    runtime: Runtime, impatient: None, text: str
) -> None:
    application = SockJSConsumer.as_asgi(service=conversation(runtime))
    async with connected(application, 1, "", json.dumps([PING])) as flooder:
        flooder.sends_texts(*[text] * 300)
        await flooder.is_closed()
        assert flooder.closes() == [RATE_LIMITED]


async def test_xhr_sends_end_it_after_the_patience(runtime: Runtime, impatient: None) -> None:
    async with sockjs_session(runtime) as session:
        sends = 0
        while session.enqueue([]):
            sends += 1
            assert sends < 1_000
        assert sends >= 199


async def test_each_message_sent_pays_for_one_acknowledgement(
    runtime: Runtime, limited: Callable[..., None]
) -> None:
    """A client that acknowledges a whole replay at once keeps to the protocol."""
    limited(frame_burst=10, frame_rate=0.001)
    await written("things/9", 100)
    application = SocketConsumer.as_asgi(runtime=runtime)
    async with connected(application, 1, "v12.stomp", CONNECT) as client:
        subscribe = {"id": "s", "destination": "/topic/fair-turns/9", "ack": "client-individual"}
        client.sends_texts(writer("SUBSCRIBE", **subscribe, offset="0").decode())
        await client.until(lambda: len(client.acks()) == 100)
        client.sends_texts(*[writer("ACK", id=ack).decode() for ack in client.acks()])
        client.sends_texts(writer("UNSUBSCRIBE", id="s", receipt="r").decode())
        await client.until(lambda: client.answers() == 1)
        assert not client.closes()
        # There is nothing more that it could have to acknowledge.
        client.sends_texts(*[writer("ACK", id=client.acks()[0]).decode()] * 10)
        await client.is_closed()
        assert client.closes() == [RATE_LIMITED]


async def test_the_subscriptions_of_a_connection_are_bounded(
    runtime: Runtime, limited: Callable[..., None]
) -> None:
    limited(max_subscriptions=2)
    application = SocketConsumer.as_asgi(runtime=runtime)
    async with connected(application, 1, "bellwire.json") as client:
        for name in ("1", "2", "3", "2"):
            client.sends_texts(
                json.dumps({"type": "subscribe", "data": {"topic": f"things/{name}"}})
            )
        await client.until(lambda: len(client.sent) == 6)
        received = [json.loads(message["text"]) for message in client.sent[2:]]
        assert [message["type"] for message in received] == [
            "subscribed",
            "subscribed",
            "error",
            "subscribed",
        ]
        assert received[2]["code"] == "BAD_FRAME"
