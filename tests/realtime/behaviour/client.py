"""A client in the behaviour suite: says commands, hears messages, in the order of the wire."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from tests.realtime.behaviour.transports import Connection, Message
from tests.support.deadlines import PATIENCE_S


class JsonClient:
    """One connection's conversation; `received` is everything so far."""

    def __init__(self, connection: Connection) -> None:
        self.received: list[Message] = []
        self._connection = connection

    async def sends_command(self, kind: str, ref: Any = None, **data: Any) -> None:
        message = {"type": kind, "data": data} | ({} if ref is None else {"ref": ref})
        await self._connection.send(json.dumps(message))

    async def sends(self, payload: str | bytes) -> None:
        """Something that need not be a command."""
        await self._connection.send(payload)

    async def next(self) -> Message:
        """The next message, whatever it is. Fails if the server closes instead."""
        async with asyncio.timeout(PATIENCE_S):
            message = await self._connection.receive()
        assert message is not None, f"closed with {self._connection.closed}"
        self.received.append(message)
        return message

    async def receives(self, kind: str, **fields: Any) -> Message:
        """The next message of a type and with these fields; those before it are passed over."""
        while True:
            message = await self.next()
            if message["type"] == kind and message | fields == message:
                return message

    async def asks(self, kind: str, **data: Any) -> Message:
        """Say a command and hear its answer, known by its ref."""
        ref = f"{kind}-{len(self.received)}"
        await self.sends_command(kind, ref=ref, **data)
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
        return [
            m["offset"] for m in self.received if m["type"] == "happened" and m["topic"] == topic
        ]

    async def is_closed(self) -> tuple[int, str]:
        """Hear what is still said, then the close. Returns its code and reason."""
        async with asyncio.timeout(PATIENCE_S):
            while (message := await self._connection.receive()) is not None:
                self.received.append(message)
        return self._connection.closed

    async def drops(self) -> None:
        """Be cut off."""
        await self._connection.drop()
