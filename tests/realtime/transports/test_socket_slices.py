"""What one read of a socket brings is parsed in turns; frames without a message are counted."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from uvicorn import Config

from realtime.runtime import Runtime
from realtime.server.connections import Caps, ConnectionTable, TableState
from realtime.server.protocol import DirectProtocol
from realtime.transports.websocket import SocketConsumer
from tests.realtime.actors import OpenGate
from tests.realtime.pipe import Pipe

HANDSHAKE = (
    b"GET /ws?token=1 HTTP/1.1\r\nHost: bellwire\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: bellwire.json\r\n\r\n"
)
CONTINUATION, TEXT, PING, PONG = 0x0, 0x1, 0x9, 0xA
LAST = 0x80
RATE_LIMITED = struct.pack("!H", 1008) + b"Rate limited"


def frame(opcode: int, payload: bytes = b"", last: int = LAST) -> bytes:
    """A client's frame, masked with zeros."""
    return bytes([opcode | last, 0x80 | len(payload)]) + b"\0\0\0\0" + payload


@pytest.fixture
async def runtime(transactional_db: None) -> AsyncIterator[Runtime]:
    made = Runtime(gate=OpenGate())
    made.start()
    yield made
    await made.stop()


class Server:
    """One connection to the server's own protocol class, greeted."""

    def __init__(self, runtime: Runtime) -> None:
        application: Any = SocketConsumer.as_asgi(runtime=runtime)
        config = Config(
            application,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
        )
        self.pipe = Pipe()
        table = ConnectionTable(Caps(connections=10, per_address=10), is_trusted=lambda _: True)
        self.state = TableState(table)
        self.protocol = DirectProtocol(config, self.state, {})

    async def greets(self) -> None:
        self.protocol.connection_made(self.pipe)
        self.protocol.data_received(HANDSHAKE)
        await self.pipe.news.until(lambda: b'"connected"' in self.pipe.written)

    async def ends(self) -> None:
        self.protocol.connection_lost(None)
        await asyncio.gather(*self.state.tasks)


@pytest.fixture
async def server(runtime: Runtime) -> AsyncIterator[Server]:
    made = Server(runtime)
    await made.greets()
    yield made
    await made.ends()


FLOODS = {
    "pings": frame(PING) * 10_000,
    "pongs": frame(PONG) * 10_000,
    "fragments": frame(TEXT, last=0) + frame(CONTINUATION, last=0) * 10_000,
    "empty messages": frame(TEXT) * 10_000,
    "messages": frame(TEXT, b'{"type":"ping"}') * 10_000,
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_one_read_is_parsed_in_turns_and_nothing_more_is_read_meanwhile(
    server: Server, limited: Callable[..., None], kind: str
) -> None:
    server.protocol.data_received(FLOODS[kind])
    # Nobody else could have had a turn until now.
    assert server.pipe.is_paused
    assert server.pipe.written.count(frame_of_server(PONG)) <= 200
    assert server.protocol.queue.qsize() <= 200


@pytest.mark.parametrize("kind", FLOODS)
async def test_every_kind_of_frame_ends_it_after_the_patience(
    runtime: Runtime, limited: Callable[..., None], kind: str
) -> None:
    limited(rate_patience_s=0)
    server = Server(runtime)
    await server.greets()
    server.protocol.data_received(FLOODS[kind])
    await server.pipe.news.until(lambda: RATE_LIMITED in server.pipe.written)
    assert b'"code":"RATE_LIMITED"' in server.pipe.written
    await server.ends()


async def test_a_client_within_its_patience_is_read_more_slowly(server: Server) -> None:
    server.protocol.data_received(frame(PING) * 1_000 + frame(TEXT, b'{"type":"ping"}'))
    # All of it arrives, and the socket is read again.
    await server.pipe.news.until(
        lambda: b'"ref"' in server.pipe.written or b"RATE_LIMITED" in server.pipe.written
    )
    await server.pipe.news.until(lambda: not server.pipe.is_paused)
    assert server.pipe.written.count(frame_of_server(PONG)) == 1_000
    assert not server.pipe.is_closing()


async def test_what_comes_at_once_is_carried_out_in_order(
    runtime: Runtime, limited: Callable[..., None]
) -> None:
    limited(frame_burst=10**6)
    server = Server(runtime)
    await server.greets()
    pings = [json.dumps({"type": "ping", "ref": number}).encode() for number in range(1_000)]
    large = json.dumps({"type": "ping", "pad": "x" * 9_000, "ref": "large"}).encode()
    event_filter = b"\0\0\0\0"
    server.protocol.data_received(
        b"".join(frame(TEXT, each) for each in pings)
        + bytes([TEXT | LAST, 0x80 | 126])
        + struct.pack("!H", len(large))
        + event_filter
        + large
    )
    await server.pipe.news.until(lambda: b'"ref":"large"' in server.pipe.written)
    written = bytes(server.pipe.written)
    places = [written.index(b'"ref":%d}' % number) for number in range(1_000)]
    assert places == sorted(places)
    await server.pipe.news.until(lambda: not server.pipe.is_paused)
    await server.ends()


def frame_of_server(opcode: int) -> bytes:
    return bytes([opcode | LAST, 0])
