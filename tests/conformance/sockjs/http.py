"""HTTP by hand: chunks as they come, and connections that break off in the middle."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.support.deadlines import PATIENCE_S

REPEATED = {"vary", "set-cookie"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Response:
    """An answer under way."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.status = 0
        self.headers: dict[str, str] = {}

    async def begun(self) -> Self:
        """Wait for the status and the headers."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self._reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        self.status = int(first.split()[1])
        for each in lines:
            name, _, value = each.partition(":")
            known = self.headers.get(name.lower())
            # A browser takes a doubled CORS header for none at all.
            assert known is None or name.lower() in REPEATED, f"{name} came twice"
            self.headers[name.lower()] = value.strip()
        return self

    async def chunk(self) -> bytes:
        """The next chunk; b"" is the end."""
        async with asyncio.timeout(PATIENCE_S):
            size = int(await self._reader.readline(), 16)
            return (await self._reader.readexactly(size + 2))[:-2]

    async def text(self) -> str:
        """The next chunk as text."""
        return (await self.chunk()).decode()

    async def whole(self) -> Answer:
        body = b""
        if "content-length" in self.headers:
            async with asyncio.timeout(PATIENCE_S):
                body = await self._reader.readexactly(int(self.headers["content-length"]))
        elif self.headers.get("transfer-encoding") == "chunked":
            while part := await self.chunk():
                body += part
        return Answer(self.status, self.headers, body)

    async def break_off(self) -> None:
        """Go away without a word."""
        self._writer.transport.abort()
        await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.break_off()


async def start(
    method: str,
    url: str,
    *,
    body: bytes | str = b"",
    headers: Mapping[str, str] | None = None,
    version: str = "1.1",
) -> Response:
    """Send a request and do not wait for its answer."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    payload = body.encode() if isinstance(body, str) else body
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = {"Host": parts.netloc, "Connection": "close", **(headers or {})}
    if method == "POST":
        lines["Content-Length"] = str(len(payload))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"{method} {path} HTTP/{version}\r\n{head}\r\n".encode() + payload)
    return Response(reader, writer)


async def stream(method: str, url: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Send a request and wait until its answer begins."""
    return await (await start(method, url, headers=headers)).begun()


async def ask(
    method: str, url: str, *, body: bytes | str = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    """One request and its whole answer."""
    async with await start(method, url, body=body, headers=headers) as response:
        return await (await response.begun()).whole()


async def get(url: str, **headers: str) -> Answer:
    return await ask("GET", url, headers=_named(headers))


async def post(url: str, body: bytes | str = b"", **headers: str) -> Answer:
    return await ask("POST", url, body=body, headers=_named(headers))


async def polls(url: str, other: str) -> tuple[Answer, Response]:
    """Two polls at once of one session: the answer of the one refused, and the one that waits."""
    both = [await start("POST", each) for each in (url, other)]
    waits = [asyncio.create_task(each.begun()) for each in both]
    async with asyncio.timeout(PATIENCE_S):
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    assert len(done) == 1, "both were answered"
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    refused, waiting = both if waits[0] in done else both[::-1]
    async with refused:
        return await refused.whole(), waiting


async def options(url: str, **headers: str) -> Answer:
    return await ask("OPTIONS", url, headers=_named(headers))


def fresh(base: str) -> str:
    """The URL of a session that nobody has opened."""
    return f"{base}/000/{uuid.uuid4()}"


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    """`if_none_match` is `If-None-Match`."""
    return {name.replace("_", "-").title(): value for name, value in headers.items()}
