"""A client of the JSON protocol: it collects frames, waits for them, and remembers its positions.

    async with await connect(server.ws_url, token) as alice:
        await alice.hears("notification")
        alice.cut()
    async with await alice.resume(other.ws_url) as again:
        ...

tests/support/followers.py has one that reconnects by itself, as docs/protocol.md asks of clients.
"""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.deadlines import PATIENCE_S

Frame = dict[str, Any]
Position = tuple[str, int]
Found = TypeVar("Found")

# The socket that is subscribed from the start, and the one where a client asks for what it wants.
NOTIFICATIONS = "/api/v1/notifications/ws"
PLAIN = "/ws"
# A close that came without a close frame.
ABNORMAL = (1006, "")


async def connect(
    ws_url: str,
    token: str,
    *,
    path: str = NOTIFICATIONS,
    since: str | None = None,
    connection_id: str | None = None,
    positions: Mapping[str, Position] | None = None,
    subprotocol: str | None = None,
    receive_buffer: int | None = None,
    local_address: str | None = None,
) -> "JsonClient":
    """Open a socket; whether it is let in is heard in its frames. Raises `OSError`.

    `positions` are those that the client has before: `since` tells the server, and what is
    recovered goes on from them. `receive_buffer` is the kernel's for this socket, in bytes;
    `local_address` is where it comes from.
    """
    asked = {"since": since, "connection_id": connection_id}
    query = urlencode({name: value for name, value in asked.items() if value})
    opened: ClientConnection = await open_socket(
        f"{ws_url}{path}{'&' if '?' in path else '?'}{query}",
        sock=_narrow_socket(ws_url, receive_buffer) if receive_buffer else None,
        additional_headers={"Authorization": f"Bearer {token}"},
        subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
        compression=None,
        proxy=None,
        ping_interval=None,
        close_timeout=1,
        local_addr=(local_address, 0) if local_address else None,
    )
    return JsonClient(opened, ws_url=ws_url, token=token, path=path, positions=positions or {})


class JsonClient:
    """One connection. `frames` are all that came, `received_at` when (monotonic), in step."""

    def __init__(
        self,
        opened: ClientConnection,
        *,
        ws_url: str,
        token: str,
        path: str,
        positions: Mapping[str, Position],
    ) -> None:
        self.frames: list[Frame] = []
        self.received_at: list[float] = []
        self.positions: dict[str, Position] = dict(positions)
        self.closed: tuple[int, str] | None = None
        self.connection_id = ""
        self.user_id = 0
        self._socket = opened
        self._ws_url = ws_url
        self._token = token
        self._path = path
        # The offset of the last event heard, by topic.
        self._latest: dict[str, int] = {}
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    # --- what it has heard --------------------------------------------------------------------

    @property
    def topic(self) -> str:
        """Its user's own."""
        return f"users/{self.user_id}"

    @property
    def since(self) -> str:
        """Its positions as the resume token of the notification socket, its own topic's first."""
        order = sorted(self.positions, key=lambda topic: not topic.startswith("users/"))
        return ";".join("{}:{}".format(*self.positions[topic]) for topic in order)

    def all_of(self, kind: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == kind]

    def events(self, topic: str | None = None) -> list[Frame]:
        """The logged events of a topic, of its own unless one is named."""
        wanted = topic or self.topic
        return [frame for frame in self.frames if is_event(frame) and frame["topic"] == wanted]

    def offsets(self, topic: str | None = None) -> list[int]:
        """Those of `events`, in the order in which they came."""
        return [frame["offset"] for frame in self.events(topic)]

    # --- waiting ------------------------------------------------------------------------------

    async def until(self, found: Callable[[], Found], *, within_s: float = PATIENCE_S) -> Found:
        """Wait until `found`, asked after every frame and after the end, returns something true.

        Raises `AssertionError` when time is up, or when it can no longer come true.
        """
        try:
            async with asyncio.timeout(within_s):
                while not (result := found()):
                    assert self.closed is None, f"closed with {self.closed} after {self._last()}"
                    self._news.clear()
                    await self._news.wait()
                return result
        except TimeoutError:
            raise AssertionError(f"not within {within_s} s; the last was {self._last()}") from None

    async def receives(self, kind: str, count: int = 1, *, within_s: float = PATIENCE_S) -> Frame:
        """Wait for the `count`-th frame of a type."""
        received = await self.until(lambda: self.all_of(kind)[count - 1 :], within_s=within_s)
        return received[0]

    async def receives_offset(
        self, offset: int, topic: str | None = None, *, within_s: float = PATIENCE_S
    ) -> None:
        """Wait until an event of a topic (its own) with this offset or a later one came."""
        await self.until(
            lambda: self._latest.get(topic or self.topic, 0) >= offset, within_s=within_s
        )

    async def is_greeted(self, *, within_s: float = PATIENCE_S) -> Self:
        """Wait for `connected` and for the `subscribed` of all that it came with."""
        wanted = len((await self.receives("connected", within_s=within_s))["subscriptions"])
        if wanted:
            await self.receives("subscribed", wanted, within_s=within_s)
        return self

    async def is_closed(self, *, within_s: float = PATIENCE_S) -> tuple[int, str]:
        """Wait for the end. Returns the close frame's code and reason, `ABNORMAL` without one."""
        return await self.until(lambda: self.closed, within_s=within_s) or ABNORMAL

    # --- what it does -------------------------------------------------------------------------

    async def sends_command(self, kind: str, ref: Any = None, **data: Any) -> None:
        """Send a command."""
        await self._socket.send(json.dumps({"type": kind, "data": data, "ref": ref}))

    async def asks(self, kind: str, **data: Any) -> Frame:
        """Send a command and wait for its answer, `error` included."""
        ref = f"{kind} {time.monotonic_ns()}"
        await self.sends_command(kind, ref, **data)
        return (
            await self.until(
                lambda: next((frame for frame in self.frames if frame.get("ref") == ref), None)
            )
            or {}
        )

    async def sends_raw(self, payload: str | bytes) -> None:
        """Send a frame that need not be a command."""
        await self._socket.send(payload)

    async def subscribes(self, topic: str, position: Position | None = None) -> Frame:
        """Subscribe, resuming at `position`. Returns the `subscribed` frame or the `error`."""
        if position is None:
            self.positions.pop(topic, None)
            return await self.asks("subscribe", topic=topic)
        self.positions[topic] = position
        epoch, offset = position
        return await self.asks("subscribe", topic=topic, epoch=epoch, offset=offset)

    async def resume(self, ws_url: str | None = None, *, name_old: bool = True) -> "JsonClient":
        """Connect anew, here or elsewhere, with this one's positions and in its place."""
        return await connect(
            ws_url or self._ws_url,
            self._token,
            path=self._path,
            since=self.since if self._path == NOTIFICATIONS else None,
            connection_id=self.connection_id if name_old else None,
            positions=self.positions,
        )

    def stop_reading(self) -> None:
        """Leave what comes in the kernel's buffer, from now on."""
        self._socket.transport.pause_reading()

    def read_again(self) -> None:
        self._socket.transport.resume_reading()

    def cut(self) -> None:
        """The network is gone: no closing handshake, no FIN, what was not read is lost."""
        self._socket.transport.abort()

    async def close(self) -> None:
        """Leave orderly, if it has not ended by itself."""
        if self.closed is None:
            await self._socket.close()
        await self._reader

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # --- its reader ---------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                self._take(json.loads(await self._socket.recv()))
        except ConnectionClosed as end:
            self.closed = (end.rcvd.code, end.rcvd.reason) if end.rcvd else ABNORMAL
        finally:
            self._news.set()

    def _take(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.received_at.append(time.monotonic())
        match frame["type"]:
            case "connected":
                self.connection_id, self.user_id = frame["connection_id"], frame["user_id"]
            case "subscribed":
                if not frame["recovered"] or frame["topic"] not in self.positions:
                    self.positions[frame["topic"]] = frame["epoch"], frame["offset"]
            case "unsubscribed":
                self.positions.pop(frame["topic"], None)
            case "pong":
                for topic, at in frame["positions"].items():
                    self.positions[topic] = at["epoch"], at["offset"]
            case _ if is_event(frame):
                self.positions[frame["topic"]] = frame["epoch"], frame["offset"]
                self._latest[frame["topic"]] = frame["offset"]
        self._news.set()

    def _last(self) -> Frame | None:
        return self.frames[-1] if self.frames else None


def is_event(frame: Frame) -> bool:
    """Whether a frame is an event of the log."""
    return "offset" in frame and frame["type"] != "subscribed"


def _narrow_socket(ws_url: str, receive_buffer: int) -> socket.socket:
    address = urlsplit(ws_url)
    narrow = socket.socket()
    # Before the handshake: TCP tells the other side its window there.
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    narrow.connect((address.hostname, address.port))
    narrow.setblocking(False)
    return narrow
