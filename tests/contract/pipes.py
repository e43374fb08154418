"""What carries STOMP: a WebSocket, or SockJS by one of its transports."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Protocol

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.contract.http_stream import HttpStream, open_stream
from tests.contract.sockets import close_of, connect

PATH = "/ws"
# No answer takes longer; a poll waits for what comes.
TIMEOUT_S = 60.0


class PipeClosedError(Exception):
    """The other side has ended it: the close frame's code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Pipe(Protocol):
    # Whether the server waits for somebody who is gone, and counts them meanwhile.
    lingers: bool

    async def send(self, text: str) -> None: ...

    async def receive(self) -> str:
        """The next message. Raises `PipeClosedError`."""
        ...

    def stop_reading(self) -> None: ...

    def read_again(self) -> None: ...

    def cut(self) -> None:
        """End it without a word. It opens nothing anew after this."""
        ...

    async def close(self) -> None: ...


class PipeKind(Protocol):
    """Opens pipes of one kind."""

    name: str

    async def open(
        self,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        path: str = PATH,
        subprotocol: str = "",
        receive_buffer: int = 0,
    ) -> Pipe: ...


# --- plain ------------------------------------------------------------------------------------


class WebSocketKind:
    name = "websocket"

    async def open(
        self,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        path: str = PATH,
        subprotocol: str = "v12.stomp",
        receive_buffer: int = 0,
    ) -> Pipe:
        return WebSocketPipe(
            await connect(
                url,
                path,
                headers=headers,
                subprotocols=[subprotocol] if subprotocol else [],
                receive_buffer=receive_buffer,
            )
        )


class WebSocketPipe:
    lingers = False

    def __init__(self, opened: ClientConnection) -> None:
        self.socket = opened

    async def send(self, text: str) -> None:
        await self.socket.send(text)

    async def receive(self) -> str:
        try:
            payload = await self.socket.recv()
        except ConnectionClosed as closed:
            raise PipeClosedError(*close_of(closed)) from None
        assert isinstance(payload, str), "STOMP came in a binary frame"
        return payload

    def stop_reading(self) -> None:
        self.socket.transport.pause_reading()

    def read_again(self) -> None:
        self.socket.transport.resume_reading()

    def cut(self) -> None:
        self.socket.transport.abort()

    async def close(self) -> None:
        await self.socket.close()


# --- SockJS 0.3.3 -------------------------------------------------------------------------------


class _Frames:
    """SockJS frames, as messages: `o`, `h`, `a[…]`, `c[code,"reason"]`."""

    def __init__(self) -> None:
        self._messages: list[str] = []

    def take(self, frame: str) -> None:
        """Raises `PipeClosedError`."""
        if frame.startswith("a"):
            self._messages += json.loads(frame[1:])
        elif frame.startswith("c"):
            raise PipeClosedError(*json.loads(frame[1:]))
        else:
            assert frame in ("o", "h"), f"no SockJS frame: {frame[:80]!r}"

    def next(self) -> str | None:
        return self._messages.pop(0) if self._messages else None


class SockJsWebSocketKind:
    name = "sockjs-websocket"

    async def open(
        self,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        path: str = PATH,
        subprotocol: str = "",
        receive_buffer: int = 0,
    ) -> Pipe:
        below = f"{path}/000/{uuid.uuid4().hex}/websocket"
        opened = await connect(url, below, headers=headers, receive_buffer=receive_buffer)
        assert await opened.recv() == "o"
        return SockJsWebSocketPipe(opened)


class SockJsWebSocketPipe(WebSocketPipe):
    def __init__(self, opened: ClientConnection) -> None:
        super().__init__(opened)
        self._frames = _Frames()

    async def send(self, text: str) -> None:
        await self.socket.send(json.dumps([text]))

    async def receive(self) -> str:
        while (message := self._frames.next()) is None:
            self._frames.take(await super().receive())
        return message


class SockJsStreamingKind:
    name = "sockjs-xhr_streaming"

    async def open(
        self,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        path: str = PATH,
        subprotocol: str = "",
        receive_buffer: int = 0,
    ) -> Pipe:
        session = f"{path}/000/{uuid.uuid4().hex}"
        pipe = SockJsStreamingPipe(url, session, headers or {}, receive_buffer)
        await pipe.begin()
        return pipe


class SockJsPollingKind:
    name = "sockjs-xhr"

    async def open(
        self,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        path: str = PATH,
        subprotocol: str = "",
        receive_buffer: int = 0,
    ) -> Pipe:
        pipe = SockJsPollingPipe(url, f"{path}/000/{uuid.uuid4().hex}", headers or {})
        await pipe.begin()
        return pipe


# A session belongs to the user agent that has opened it, and a browser has only one.
BROWSER = "a browser"


class _Sending:
    """`xhr_send`, which both kinds of XHR use."""

    lingers = True

    def __init__(self, url: str, session: str, headers: dict[str, str]) -> None:
        self._url = url
        self._session = session
        self._headers = {"User-Agent": BROWSER, **headers}
        self._http = httpx.AsyncClient(
            base_url=url,
            headers=self._headers,
            timeout=TIMEOUT_S,
            trust_env=False,
            verify=False,  # noqa: S501
        )
        self._frames = _Frames()
        self._is_cut = False

    async def send(self, text: str) -> None:
        answer = await self._http.post(
            f"{self._session}/xhr_send",
            content=json.dumps([text]),
            headers={"Content-Type": "text/plain"},
        )
        assert answer.status_code == 204, (answer.status_code, answer.text)

    def _must_be_whole(self) -> None:
        """Before anything is opened anew. Raises `PipeClosedError`."""
        if self._is_cut:
            raise PipeClosedError(1006, "")


class SockJsStreamingPipe(_Sending):
    def __init__(
        self, url: str, session: str, headers: dict[str, str], receive_buffer: int
    ) -> None:
        super().__init__(url, session, headers)
        self._receive_buffer = receive_buffer
        self._stream: HttpStream | None = None
        self._lines: AsyncIterator[str] | None = None

    async def begin(self) -> None:
        assert await self._line() == "h" * 2048
        assert await self._line() == "o"

    async def receive(self) -> str:
        while (message := self._frames.next()) is None:
            line = await self._line()
            if line != "h" * 2048:
                self._frames.take(line)
        return message

    async def _line(self) -> str:
        while True:
            self._must_be_whole()
            if self._lines is None:
                self._stream = await open_stream(
                    self._url,
                    f"{self._session}/xhr_streaming",
                    method="POST",
                    headers=self._headers,
                    receive_buffer=self._receive_buffer,
                )
                if self._stream.status != 200:
                    self._stream.cut()
                    raise PipeClosedError(self._stream.status, "")
                self._lines = self._stream.lines()
                if self._is_cut:
                    self._stream.cut()
            try:
                return await anext(self._lines)
            except StopAsyncIteration:
                # The stream is recycled after 128 KiB; the session goes on in another.
                self._cut_stream()
                self._lines = None
            except OSError:
                raise PipeClosedError(1006, "") from None

    def stop_reading(self) -> None:
        if self._stream is not None:
            self._stream.stop_reading()

    def read_again(self) -> None:
        if self._stream is not None:
            self._stream.read_again()

    def cut(self) -> None:
        self._is_cut = True
        self._cut_stream()

    def _cut_stream(self) -> None:
        if self._stream is not None:
            self._stream.cut()

    async def close(self) -> None:
        self.cut()
        await self._http.aclose()


class SockJsPollingPipe(_Sending):
    def __init__(self, url: str, session: str, headers: dict[str, str]) -> None:
        super().__init__(url, session, headers)
        self._poll: asyncio.Task[httpx.Response] | None = None

    async def begin(self) -> None:
        assert await self._frame() == "o"

    async def receive(self) -> str:
        while (message := self._frames.next()) is None:
            self._frames.take(await self._frame())
        return message

    async def _frame(self) -> str:
        self._must_be_whole()
        self._poll = asyncio.create_task(self._http.post(f"{self._session}/xhr"))
        try:
            answer = await self._poll
        except httpx.TransportError:
            raise PipeClosedError(1006, "") from None
        if answer.status_code != 200:
            raise PipeClosedError(answer.status_code, "")
        return answer.text.removesuffix("\n")

    def stop_reading(self) -> None:
        raise NotImplementedError("each poll has its own connection")

    def read_again(self) -> None:
        raise NotImplementedError

    def cut(self) -> None:
        self._is_cut = True
        if self._poll is not None:
            self._poll.cancel()

    async def close(self) -> None:
        self.cut()
        if self._poll is not None:
            # What is cut off in the middle gives its connection back before the pool is gone.
            await asyncio.gather(self._poll, return_exceptions=True)
        await self._http.aclose()
