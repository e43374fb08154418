"""An ASGI server's two callables, as a test wants them."""

import asyncio
from typing import Any


async def settle() -> None:
    """Let every task run until it waits for something that is not there."""
    for _ in range(50):
        await asyncio.sleep(0)


def get_scope(path: str = "/", **headers: str) -> Any:
    """A GET from a documentation address."""
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 1),
        "extensions": {},
    }


class Connection:
    """`receive` gives what the test puts in; `send` keeps what was sent, or waits."""

    def __init__(self, *, reads: bool = True) -> None:
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        self.sent: list[Any] = []
        self.reads = asyncio.Event()
        if reads:
            self.reads.set()

    async def receive(self) -> Any:
        return await self.incoming.get()

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        self.sent.append(message)

    def come(self, body: bytes, *, more: bool = False) -> None:
        self.incoming.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def leave(self) -> None:
        self.incoming.put_nowait({"type": "http.disconnect"})

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])
