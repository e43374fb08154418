"""Clients that leave are noticed, whatever they have sent that is not read yet."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from uvicorn import Config

from realtime.server.connections import Caps, ConnectionTable, TableState
from realtime.server.http import SLICE, StreamProtocol
from tests.realtime.actors import Watched

pytestmark = pytest.mark.once

HOST = "127.0.0.1"
GET = b"GET / HTTP/1.1\r\nHost: bellwire\r\n\r\n"
# As long as one with a token: the first slice has only some of them.
LONG_GET = GET[:-2] + b"Cookie: %s\r\n\r\n" % (b"x" * 300)
POST = b"POST / HTTP/1.1\r\nHost: bellwire\r\nContent-Length: 1000000\r\n\r\n"
HALF_A_BODY = b"x" * 500_000
# An orderly end of a closed socket is a FIN; with this it is a reset.
_RESET = struct.pack("ii", 1, 0)


class Polls:
    """An application whose requests wait, as polls do, until their clients have left."""

    def __init__(self) -> None:
        self.waiting = self.ended = 0
        self.news = Watched()

    async def __call__(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Any]
    ) -> None:
        self.waiting += 1
        self.news.changed()
        while (await receive())["type"] != "http.disconnect":
            pass
        self.ended += 1
        self.news.changed()


@asynccontextmanager
async def server_of(application: Polls) -> AsyncIterator[int]:
    """A server on loopback; its port."""
    config = Config(application, interface="asgi3", lifespan="off", log_config=None)
    config.load()
    state = TableState(
        ConnectionTable(Caps(connections=10, per_address=10), is_trusted=lambda _: True)
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: StreamProtocol(config, state, {}), HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in state.tasks:
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)


async def left_after(sent: bytes, *, reset: bool) -> None:
    """Send, wait until a request waits, leave, and return when the server has noticed."""
    polls = Polls()
    async with server_of(polls) as port:
        _, writer = await asyncio.open_connection(HOST, port)
        writer.write(sent)
        await polls.news.until(lambda: polls.waiting == 1)
        if reset:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort() if reset else writer.close()
        await polls.news.until(lambda: polls.ended == 1)


@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
@pytest.mark.parametrize(
    "sent",
    [
        GET,
        GET * 2,
        GET * 16,
        # What is behind the first slice is not parsed while the first request waits.
        LONG_GET * (2 * SLICE // len(LONG_GET)),
        LONG_GET * (20 * SLICE // len(LONG_GET)),
        GET + POST,
        GET + POST + HALF_A_BODY,
        POST + HALF_A_BODY,
    ],
    ids=["one", "two", "sixteen", "slices", "too much", "head behind", "body behind", "body"],
)
async def test_client_that_has_left_is_noticed_while_its_request_waits(
    sent: bytes, reset: bool
) -> None:
    await left_after(sent, reset=reset)


@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
def test_client_that_has_left_is_noticed_by_uvloop_too(reset: bool) -> None:
    uvloop.run(left_after(LONG_GET * (2 * SLICE // len(LONG_GET)), reset=reset))
