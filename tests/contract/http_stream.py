"""An HTTP/1.1 response that is read as it comes, over a socket that a test can mistreat."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlsplit

from tests.contract.sockets import narrow


class CutShortError(OSError):
    """The connection ended in the middle of the body."""


class HttpStream:
    """`status` and `headers` (lower case) are there; the body comes by `lines`."""

    def __init__(
        self,
        status: int,
        headers: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.status = status
        self.headers = headers
        self._reader = reader
        self._writer = writer

    async def body(self) -> bytes:
        """All of it."""
        return b"".join([chunk async for chunk in self._chunks()])

    async def lines(self) -> AsyncIterator[str]:
        """The body's lines until its orderly end. Raises `CutShortError` and other `OSError`."""
        rest = b""
        async for chunk in self._chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode()

    async def _chunks(self) -> AsyncIterator[bytes]:
        try:
            if "content-length" in self.headers:
                yield await self._reader.readexactly(int(self.headers["content-length"]))
                return
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                yield (await self._reader.readexactly(size + 2))[:-2]
        except asyncio.IncompleteReadError:
            raise CutShortError("the body has no end") from None

    def stop_reading(self) -> None:
        transport = self._writer.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()

    def read_again(self) -> None:
        transport = self._writer.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.resume_reading()

    def cut(self) -> None:
        self._writer.transport.abort()


async def open_stream(
    url: str,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    receive_buffer: int = 0,
) -> HttpStream:
    """Ask, and read the answer's head. Raises `OSError`."""
    address = urlsplit(url)
    if receive_buffer:
        made: socket.socket = narrow(url, receive_buffer)
        reader, writer = await asyncio.open_connection(sock=made, limit=2**20)
    else:
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=2**20)
    asked = {"Host": address.netloc, "Content-Length": "0", **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in asked.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except BaseException as error:
        writer.transport.abort()
        if isinstance(error, asyncio.IncompleteReadError):
            raise CutShortError("no answer") from None
        raise
    first, *rest = head.strip().split("\r\n")
    pairs = (line.split(":", 1) for line in rest)
    found = {name.strip().lower(): text.strip() for name, text in pairs}
    return HttpStream(int(first.split()[1]), found, reader, writer)
