"""The transports of the behaviour suite: the same conversation over every way to write to a socket.

`asgi`     the application alone, spoken to by ASGI messages: the plain path
`uvicorn`  our own server and protocol on a real port, spoken to by the websockets library
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import uvicorn
from channels.routing import URLRouter
from django.urls import path
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from realtime.protocol.messages import Topic
from realtime.protocol.principal import Principal
from realtime.runtime import Runtime
from realtime.server.lifespan import with_lifespan
from realtime.server.server import Server, configuration, listen
from realtime.transports.websocket import SocketConsumer
from tests.support.deadlines import PATIENCE_S
from tests.support.processes import free_port

HOST = "127.0.0.1"
JSON = "bellwire.json"
Message = dict[str, Any]


def personal(principal: Principal) -> Sequence[Topic]:
    """What `/personal` is subscribed to from the start: the user's own, and everybody's."""
    return [Topic(f"counters/{principal.user_id}"), Topic("things/all")]


def application(runtime: Runtime) -> Any:
    """`/ws`, and `/personal` with its two topics."""
    return with_lifespan(
        runtime,
        URLRouter(
            [
                path("ws", SocketConsumer.as_asgi(runtime=runtime)),
                path("personal", SocketConsumer.as_asgi(runtime=runtime, topics=personal)),
            ]
        ),
    )


class Connection(Protocol):
    """A client's end of one socket."""

    async def send(self, message: str | bytes) -> None: ...

    async def receive(self) -> Message | None:
        """The next message; None when the server has closed."""
        ...

    @property
    def closed(self) -> tuple[int, str]:
        """The close's code and reason."""
        ...

    async def drop(self) -> None:
        """Go away without a word."""
        ...


class Endpoint(Protocol):
    """Where clients come in."""

    async def connect(self, url: str, *, subprotocols: Sequence[str] = (JSON,)) -> Connection: ...

    async def end(self) -> None: ...


# --- ASGI alone --------------------------------------------------------------------------------


class AsgiConnection:
    """Two queues instead of a network."""

    def __init__(self, app: Any, scope: Mapping[str, Any]) -> None:
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._closed: tuple[int, str] | None = None
        self._in.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(app(scope, self._in.get, self._out.put))

    async def accepted(self) -> str | None:
        """Wait for it. Returns the subprotocol."""
        message = await self._out.get()
        assert message["type"] == "websocket.accept", message
        subprotocol: str | None = message["subprotocol"]
        return subprotocol

    async def send(self, message: str | bytes) -> None:
        kind = "text" if isinstance(message, str) else "bytes"
        self._in.put_nowait({"type": "websocket.receive", kind: message})

    async def receive(self) -> Message | None:
        if self._closed is not None:
            return None
        message = await self._out.get()
        if message["type"] == "websocket.close":
            self._closed = message["code"], message["reason"]
            self._in.put_nowait({"type": "websocket.disconnect", "code": message["code"]})
            return None
        said: Message = json.loads(message["text"])
        return said

    @property
    def closed(self) -> tuple[int, str]:
        assert self._closed is not None
        return self._closed

    async def drop(self) -> None:
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await self.task


class AsgiTransport:
    """The application in this loop, without a server."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._app = application(runtime)
        self._made: list[AsgiConnection] = []
        runtime.start()

    async def connect(self, url: str, *, subprotocols: Sequence[str] = (JSON,)) -> Connection:
        where, _, query = url.partition("?")
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "path": where,
            "query_string": query.encode(),
            "headers": [],
            "subprotocols": list(subprotocols),
        }
        self._made.append(AsgiConnection(self._app, scope))
        assert await self._made[-1].accepted() == (JSON if JSON in subprotocols else None)
        return self._made[-1]

    async def end(self) -> None:
        for connection in self._made:
            await connection.drop()
        await self._runtime.stop()


# --- our own server ------------------------------------------------------------------------------


class SocketConnection:
    """The websockets library's client."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, message: str | bytes) -> None:
        await self._socket.send(message)

    async def receive(self) -> Message | None:
        try:
            message = await self._socket.recv()
        except ConnectionClosed:
            return None
        said: Message = json.loads(message)
        return said

    @property
    def closed(self) -> tuple[int, str]:
        assert self._socket.close_code is not None
        return self._socket.close_code, self._socket.close_reason or ""

    def stall(self) -> None:
        """Read nothing more, as a page does that hangs."""
        self._socket.transport.pause_reading()

    def read_on(self) -> None:
        self._socket.transport.resume_reading()

    async def drop(self) -> None:
        self._socket.transport.abort()
        await self._socket.wait_closed()


class UvicornTransport:
    """`manage.py serve`'s server in this loop, on a port of its own."""

    def __init__(self, runtime: Runtime) -> None:
        self._made: list[SocketConnection] = []
        self._port = free_port()
        settings = configuration("set on the next line", host=HOST, port=self._port)
        settings.app = application(runtime)
        self._server = _Started(settings, drain=runtime.drain, patience_s=5)
        listener = listen(HOST, self._port)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def connect(self, url: str, *, subprotocols: Sequence[str] = (JSON,)) -> SocketConnection:
        await self._server.is_up.wait()
        socket = await connect(
            f"ws://{HOST}:{self._port}{url}",
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            compression=None,
            ping_interval=None,
            max_queue=None,
        )
        assert socket.subprotocol == (JSON if JSON in subprotocols else None)
        self._made.append(SocketConnection(socket))
        return self._made[-1]

    async def end(self) -> None:
        for connection in self._made:
            await connection.drop()
        await self.shut()

    async def shut(self) -> None:
        """What SIGTERM does."""
        self._server.should_exit = True
        async with asyncio.timeout(PATIENCE_S):
            await self._task


class _Started(Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, **options: Any) -> None:
        super().__init__(config, **options)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        self.is_up.set()
