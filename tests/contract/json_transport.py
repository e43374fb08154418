"""The JSON protocol over a WebSocket: docs/contract.md §4."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.contract.lines import (
    End,
    Line,
    RefusedError,
    Subscription,
    in_header,
)
from tests.contract.sockets import close_of, connect

_BARE = {"notification", "message"}


class JsonTransport:
    """Notifications on their own path, rooms by `subscribe` on the common one."""

    name = "json"
    lasts = True
    statuses = {
        "AUTH_ERROR": 1008,
        "TOKEN_EXPIRED": 1008,
        "TOO_MANY_CONNECTIONS": 1008,
        # The connection goes on: the answer to one command.
        "FORBIDDEN": 0,
        "NOT_FOUND": 0,
    }

    async def open(
        self,
        url: str,
        token: str,
        subscription: Subscription,
        *,
        since: str = "",
        receive_buffer: int = 0,
    ) -> Line:
        line = JsonLine(subscription, since)
        path = "/api/v1/notifications/ws"
        if subscription.room is not None:
            path = "/ws"
        elif since:
            path += f"?since={quote(since)}"
        line.socket = await connect(
            url,
            path,
            headers=in_header(token),
            subprotocols=["bellwire.json"],
            receive_buffer=receive_buffer,
        )
        line.begin()
        await line.is_open()
        return line


class JsonLine(Line):
    socket: ClientConnection

    def __init__(self, subscription: Subscription, since: str) -> None:
        super().__init__(subscription, since)
        self._asked = set(self.at)
        self._waits_for = set(subscription.topics)
        self._error = ""

    async def is_open(self) -> None:
        """Raises `RefusedError`."""
        if self.subscription.room is not None:
            topic = self.subscription.topics[0]
            data: dict[str, Any] = {"topic": topic}
            if topic in self.at:
                epoch, offset = self.at[topic]
                data |= {"offset": offset} | ({"epoch": epoch} if epoch else {})
            await self.socket.send(json.dumps({"type": "subscribe", "data": data}))
        on_room = self.subscription.room is not None
        await self.until(lambda: not self._waits_for or self.end or (on_room and self._error))
        if self._waits_for:
            if self.end is None and self._error in ("AUTH_ERROR", "TOO_MANY_CONNECTIONS"):
                await self.ends()
            end = self.end or End(0, self._error)
            await self.close()
            raise RefusedError(end)

    async def _read(self) -> None:
        try:
            while True:
                self._take(json.loads(await self.socket.recv()))
        except ConnectionClosed as closed:
            code, reason = close_of(closed)
            self.ended(End(code, self._error, reason))

    def _take(self, frame: dict[str, Any]) -> None:
        kind, topic = str(frame["type"]), str(frame.get("topic"))
        if kind == "subscribed":
            self.recovered &= frame["recovered"]
            self.learn(topic, frame["epoch"], frame["offset"], asked=topic in self._asked)
            self._waits_for.discard(topic)
        elif kind == "error":
            self._error = frame["code"]
        elif "offset" in frame:
            self.at[topic] = frame["epoch"], frame["offset"]
            if kind in _BARE:
                body = dict(frame["data"])
                body.pop("notification_id", None)
                self.took(body)
        self._news.set()

    def stop_reading(self) -> None:
        self.socket.transport.pause_reading()

    def read_again(self) -> None:
        self.socket.transport.resume_reading()

    def cut(self) -> None:
        self.socket.transport.abort()

    async def close(self) -> None:
        if self.end is None:
            await asyncio.gather(self.socket.close(), return_exceptions=True)
        await super().close()
