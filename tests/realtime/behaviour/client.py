"""A client in the behaviour suite: says commands, hears messages, in the order of the wire."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from tests.realtime.behaviour.transports import Connection, Said
from tests.support.deadlines import PATIENCE_S


class Client:
    """One connection's conversation; `heard` is everything so far."""

    def __init__(self, connection: Connection) -> None:
        self.heard: list[Said] = []
        self._connection = connection

    async def says(self, kind: str, ref: Any = None, **data: Any) -> None:
        message = {"type": kind, "data": data} | ({} if ref is None else {"ref": ref})
        await self._connection.send(json.dumps(message))

    async def sends(self, payload: str | bytes) -> None:
        """Something that need not be a command."""
        await self._connection.send(payload)

    async def next(self) -> Said:
        """The next message, whatever it is. Fails if the server closes instead."""
        async with asyncio.timeout(PATIENCE_S):
            message = await self._connection.receive()
        assert message is not None, f"closed with {self._connection.closed}"
        self.heard.append(message)
        return message

    async def hears(self, kind: str, **fields: Any) -> Said:
        """The next message of a type and with these fields; those before it are passed over."""
        while True:
            message = await self.next()
            if message["type"] == kind and message | fields == message:
                return message

    async def asks(self, kind: str, **data: Any) -> Said:
        """Say a command and hear its answer, known by its ref."""
        ref = f"{kind}-{len(self.heard)}"
        await self.says(kind, ref=ref, **data)
        while True:
            message = await self.next()
            if message.get("ref") == ref:
                return message

    async def until(self, done: Callable[[], bool]) -> None:
        """Listen until it is so."""
        while not done():
            await self.next()

    def offsets(self, topic: str) -> list[int]:
        """Of the events heard so far, as they came."""
        return [m["offset"] for m in self.heard if m["type"] == "happened" and m["topic"] == topic]

    async def is_closed(self) -> tuple[int, str]:
        """Hear what is still said, then the close. Returns its code and reason."""
        async with asyncio.timeout(PATIENCE_S):
            while (message := await self._connection.receive()) is not None:
                self.heard.append(message)
        return self._connection.closed

    async def drops(self) -> None:
        """Be cut off."""
        await self._connection.drop()
