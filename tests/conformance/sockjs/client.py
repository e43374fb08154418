"""A SockJS client that sends every request to another instance than the one before."""

import asyncio
import itertools
import json
import uuid
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from tests.conformance.sockjs.http import Answer, post, start
from tests.support.deadlines import PATIENCE_S

Message = dict[str, Any]
TRANSPORTS = ["xhr", "xhr_streaming", "eventsource", "htmlfile", "jsonp"]
# What follows each frame; the preludes end with it too.
_ENDS = {"xhr_streaming": "\n", "eventsource": "\r\n\r\n", "htmlfile": "</script>\r\n"}
_FORM = "application/x-www-form-urlencoded"


class SockJSClient:
    """Speaks JSON inside. `frames` are the SockJS frames, `messages` the ones in them.

    `where` is asked for the base URL of each request, by the request's number.
    """

    def __init__(
        self, where: Callable[[int], str], *, transport: str = "xhr", query: str = ""
    ) -> None:
        self.transport = transport
        self.session = uuid.uuid4().hex[:8]
        self.frames: list[str] = []
        self.messages: list[Message] = []
        self.closed: tuple[int, str] | None = None
        self._where = where
        self.query = query
        self._numbers = itertools.count()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to receive."""
        self._task = asyncio.create_task(self._receive())

    async def stop(self) -> None:
        """Go away without a word."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def move(self, where: Callable[[int], str]) -> None:
        """Send the next requests somewhere else."""
        self._where = where

    async def __aenter__(self) -> Self:
        await self.start()
        await self.until(lambda: bool(self.frames))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def send_message(self, *messages: Message) -> Answer:
        """Send messages in one request."""
        body = json.dumps([json.dumps(each) for each in messages])
        if self.transport == "jsonp":
            url = self._url("jsonp_send")
            return await post(url, f"d={quote(body)}", content_type=_FORM)
        return await post(self._url("xhr_send"), body)

    async def receives(self, kind: str, count: int = 1) -> list[Message]:
        """Wait until `count` messages of a type have come; returns them all."""
        await self.until(lambda: len(self.all_of(kind)) >= count)
        return self.all_of(kind)

    def all_of(self, kind: str) -> list[Message]:
        return [each for each in self.messages if each["type"] == kind]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something holds of what was heard."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                assert self._task is not None
                if self._task.done():
                    self._task.result()
                    raise AssertionError(f"it ended with {self.closed}: {self.frames}")
                self._news.clear()
                await self._news.wait()

    async def ends(self) -> tuple[int, str]:
        """Wait until it is closed."""
        assert self._task is not None
        async with asyncio.timeout(PATIENCE_S):
            await self._task
        assert self.closed is not None
        return self.closed

    def _url(self, path: str) -> str:
        base = self._where(next(self._numbers))
        return f"{base}/000/{self.session}/{path}{self.query}"

    async def _receive(self) -> None:
        try:
            while self.closed is None:
                await self._one_request()
        finally:
            self._news.set()

    async def _one_request(self) -> None:
        url = self._url(self.transport)
        if self.transport in ("jsonp", "htmlfile"):
            url += "&c=c" if "?" in url else "?c=c"
        method = "POST" if self.transport.startswith("xhr") else "GET"
        async with await start(method, url) as response:
            await response.begun()
            assert response.status == 200, response.status
            if self.transport in ("xhr", "jsonp"):
                self._take((await response.whole()).text)
                return
            # A balancer may join chunks and cut them anew.
            text = ""
            while chunk := await response.chunk():
                *whole, text = (text + chunk.decode()).split(_ENDS[self.transport])
                for each in whole:
                    self._take(each)

    def _take(self, chunk: str) -> None:
        frame = _unwrapped(self.transport, chunk)
        if not frame or frame.startswith("hh"):
            return
        self.frames.append(frame)
        if frame.startswith("a"):
            self.messages += [json.loads(each) for each in json.loads(frame[1:])]
        elif frame.startswith("c"):
            code, reason = json.loads(frame[1:])
            self.closed = code, reason
        self._news.set()


def _unwrapped(transport: str, text: str) -> str:
    """The frame inside, "" for a prelude."""
    match transport:
        case "eventsource":
            return text.strip().removeprefix("data: ").replace("%25", "%")
        case "htmlfile":
            return str(json.loads(text.rpartition("\np(")[2].removesuffix(");\n")))
        case "jsonp":
            return str(json.loads(text.removeprefix("c(").strip().removesuffix(");")))
    return text.strip()


def in_turn(bases: Sequence[str]) -> Callable[[int], str]:
    """Each request to the next one."""
    return lambda number: bases[number % len(bases)]
