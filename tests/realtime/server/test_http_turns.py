"""What one read of an HTTP connection brings is parsed in turns, and its end reaches everybody."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from uvicorn import Config

from realtime.server.conf import conf
from realtime.server.connections import Caps, ConnectionTable, TableState
from realtime.server.http import (
    CHUNK_BYTES,
    MAX_HEADER_BYTES,
    SLICE,
    SMALL_SLICE,
    StreamProtocol,
)
from tests.realtime.pipe import Pipe

pytestmark = pytest.mark.once

GET = b"GET / HTTP/1.1\r\nHost: bellwire\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: bellwire\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"1\r\nx\r\n"


class Counting(StreamProtocol):
    """Counts the parser's calls: all of them, and the most in one turn."""

    calls = most_calls = turns = 0

    def _parse_slice(self) -> None:
        before = self.calls
        self.turns += 1
        super()._parse_slice()
        self.most_calls = max(self.most_calls, self.calls - before)

    def on_body(self, body: bytes) -> None:
        self.calls += 1
        super().on_body(body)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.calls += 1
        super().on_header(name, value)


class Server:
    """One connection to an application that keeps what it receives."""

    def __init__(self) -> None:
        self.pipe = Pipe()
        self.received: list[bytearray] = []
        self.ended: list[str] = []
        self.answers = asyncio.Event()
        config = Config(self._application, interface="asgi3", lifespan="off", log_config=None)
        config.load()
        table = ConnectionTable(Caps(connections=10, per_address=10), is_trusted=lambda _: True)
        self.state = TableState(table)
        self.protocol = Counting(config, self.state, {})
        self.protocol.connection_made(self.pipe)

    async def _application(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Any]
    ) -> None:
        body = bytearray()
        self.received.append(body)
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            self.pipe.news.changed()
            if not message["more_body"] and self.answers.is_set():
                headers = [(b"content-length", b"2")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": b"ok"})
                return
        self.ended.append(message["type"])
        self.pipe.news.changed()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    yield made
    made.protocol.connection_lost(None)
    await asyncio.gather(*made.state.tasks)


async def test_tiny_chunks_are_parsed_in_turns(server: Server) -> None:
    count = conf().body_chunks
    server.protocol.data_received(CHUNKED)

    server.protocol.data_received(CHUNK * count)

    assert server.pipe.is_paused
    await server.pipe.news.until(lambda: sum(map(len, server.received)) == count)
    await server.pipe.news.until(lambda: not server.pipe.is_paused)
    assert server.protocol.most_calls <= SMALL_SLICE // len(CHUNK) + 1


async def test_large_pieces_have_longer_turns_until_small_ones_come(server: Server) -> None:
    piece = b"%x\r\n%s\r\n" % (SLICE, b"x" * SLICE)
    server.protocol.data_received(CHUNKED)

    server.protocol.data_received(piece * 40)
    await server.pipe.news.until(lambda: sum(map(len, server.received)) == 40 * SLICE)
    assert server.protocol.turns < 2 * 40

    server.protocol.data_received(CHUNK * SLICE)
    await server.pipe.news.until(lambda: sum(map(len, server.received)) == 41 * SLICE)
    assert server.protocol.turns > SLICE * len(CHUNK) // SMALL_SLICE


async def test_body_in_too_many_chunks_is_refused(server: Server) -> None:
    server.protocol.data_received(CHUNKED)

    server.protocol.data_received(CHUNK * (2 * conf().body_chunks))

    await server.pipe.news.until(server.pipe.is_closing)
    assert server.pipe.written.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"INVALID"' in server.pipe.written
    assert server.protocol.calls <= conf().body_chunks + 20
    # Who was to answer it hears that nobody waits.
    await server.pipe.news.until(lambda: server.ended == ["http.disconnect"])


async def test_large_body_may_have_a_chunk_for_each_kibibyte(server: Server) -> None:
    server.answers.set()
    count = 2 * conf().body_chunks
    piece = b"%x\r\n%s\r\n" % (CHUNK_BYTES, b"x" * CHUNK_BYTES)
    server.protocol.data_received(CHUNKED)

    for _ in range(10):
        server.protocol.data_received(piece * (count // 10))
    server.protocol.data_received(b"0\r\n\r\n")

    await server.pipe.news.until(lambda: server.pipe.written.endswith(b"ok"))
    assert len(server.received[0]) == count * CHUNK_BYTES


async def test_what_comes_meanwhile_keeps_its_order(server: Server) -> None:
    server.answers.set()
    body = bytes(range(256)) * 1024
    head = GET.replace(b"GET", b"POST") + b"Content-Length: %d\r\n\r\n" % len(body)

    for at in range(0, len(body), 100_000):
        server.protocol.data_received((head if at == 0 else b"") + body[at : at + 100_000])
    server.protocol.data_received(GET + b"\r\n")

    await server.pipe.news.until(lambda: server.pipe.written.count(b"ok") == 2)
    assert bytes(server.received[0]) == body


async def test_headers_count_for_more_than_their_characters(server: Server) -> None:
    server.protocol.data_received(GET + b"a:b\r\n" * (MAX_HEADER_BYTES // 30))

    await server.pipe.news.until(server.pipe.is_closing)
    assert server.pipe.written.startswith(b"HTTP/1.1 400 ")
    assert server.protocol.calls <= MAX_HEADER_BYTES // 30


async def test_the_end_reaches_every_request_of_a_connection(server: Server) -> None:
    server.protocol.data_received((GET + b"\r\n") * 2)
    await server.pipe.news.until(lambda: len(server.received) == 1)

    server.protocol.connection_lost(None)

    await server.pipe.news.until(lambda: server.ended == ["http.disconnect"])


async def test_a_request_that_cannot_be_read_ends_those_before_it(server: Server) -> None:
    server.protocol.data_received(GET + b"\r\n")
    await server.pipe.news.until(lambda: len(server.received) == 1)

    server.protocol.data_received(b"\0\r\n")

    await server.pipe.news.until(lambda: server.ended == ["http.disconnect"])
    assert server.pipe.written.startswith(b"HTTP/1.1 400 ")
