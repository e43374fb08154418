"""HTTP/1.0 knows no chunks: an answer without a length lasts until the connection ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from realtime.server.http import StreamProtocol
from realtime.server.server import Server, configuration, listen
from tests.support.deadlines import PATIENCE_S
from tests.support.processes import free_port

pytestmark = pytest.mark.once


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        for stage in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{stage}.complete"})
        return
    headers = [(b"content-length", b"6")] if scope["path"] == "/whole" else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for body, more in ((b"one", True), (b"two", False)):
        await send({"type": "http.response.body", "body": body, "more_body": more})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    port = free_port()
    config: uvicorn.Config = configuration("unused", host="127.0.0.1", port=port)
    config.app = application
    assert config.http is StreamProtocol

    async def drain() -> None:
        """Nobody is there."""

    server = Server(config, drain=drain, patience_s=1)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    listener = listen("127.0.0.1", port)
    serving = asyncio.create_task(server._serve([listener]))
    yield port
    server.should_exit = True
    await asyncio.wait_for(serving, PATIENCE_S)


async def answered(port: int, version: str, path: str, method: str = "GET") -> tuple[bytes, bytes]:
    view_factory, writer = await asyncio.open_connection("127.0.0.1", port)
    connection = "close" if version == "1.1" else "keep-alive"
    head = f"{method} {path} HTTP/{version}\r\nHost: x\r\nConnection: {connection}\r\n\r\n"
    writer.write(head.encode())
    async with asyncio.timeout(PATIENCE_S):
        said = await view_factory.read()
    writer.close()
    head_said, _, body = said.partition(b"\r\n\r\n")
    return head_said.lower(), body


async def test_a_stream_lasts_until_the_end(port: int) -> None:
    head, body = await answered(port, "1.0", "/stream")
    assert body == b"onetwo"
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head


async def test_a_length_is_told_as_ever(port: int) -> None:
    head, body = await answered(port, "1.0", "/whole")
    assert (body, b"content-length: 6" in head) == (b"onetwo", True)


async def test_head_has_no_body(port: int) -> None:
    head, body = await answered(port, "1.0", "/stream", "HEAD")
    assert (body, head.startswith(b"http/1.1 200")) == (b"", True)


async def test_http_1_1_has_chunks(port: int) -> None:
    head, body = await answered(port, "1.1", "/stream")
    assert b"transfer-encoding: chunked" in head
    assert body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
