"""A small STOMP client, which knows nothing of the server's codec: tests hear what is on the wire.

async with await StompClient.connect(kind, url, token) as alice:
    receipt = await alice.subscribe("/user/queue/notifications", offset="3")
    texts = await alice.hears(1)
"""

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.contract.lines import End
from tests.contract.pipes import (
    PATH,
    Pipe,
    PipeClosedError,
    PipeKind,
)
from tests.support.deadlines import PATIENCE_S

Found = TypeVar("Found")
_ESCAPES = {"\\": "\\\\", "\r": "\\r", "\n": "\\n", ":": "\\c"}


@dataclass(frozen=True, slots=True)
class Frame:
    command: str
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class StompClient:
    """`frames` are all that came, `beats` how many heart-beats."""

    def __init__(self, pipe: Pipe, version: str) -> None:
        self.frames: list[Frame] = []
        self.beats = 0
        self.end: End | None = None
        # Called with each frame, and with the end.
        self.on_frame: Callable[[Frame], None] | None = None
        self.on_end: Callable[[End], None] | None = None
        self.pipe = pipe
        self._version = version
        self._held = ""
        self._names = itertools.count(1)
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(
        cls,
        kind: PipeKind,
        url: str,
        *,
        version: str = "1.2",
        path: str = PATH,
        receive_buffer: int = 0,
        **options: Any,
    ) -> "StompClient":
        """Without CONNECT."""
        pipe = await kind.open(url, path=path, receive_buffer=receive_buffer, **options)
        return cls(pipe, version)

    @classmethod
    async def connect(
        cls, kind: PipeKind, url: str, token: str = "", **options: Any
    ) -> "StompClient":
        """With CONNECT, which brings the token. Raises `AssertionError` if it is refused."""
        client = await cls.open(kind, url, **options)
        await client.connects(token)
        assert (await client.first("CONNECTED", "ERROR")).command == "CONNECTED", client.frames
        return client

    async def connects(self, token: str = "", **headers: str) -> None:
        """Send CONNECT."""
        sign_in = {"Authorization": f"Bearer {token}"} if token else {}
        named = {"accept-version": self._version} if self._version != "1.0" else {}
        asked = {**named, "host": "bellwire", **sign_in, **headers}
        # CONNECT escapes nothing in any version.
        await self.sends_raw(_frame("CONNECT", asked, "", escape=False))

    # --- what it asks -----------------------------------------------------------------------------

    async def asks(self, command: str, body: str = "", **headers: str) -> Frame:
        """Send a frame with a receipt, and wait for that. Returns the RECEIPT, or the ERROR."""
        receipt = f"r{next(self._names)}"
        await self.sends_command(command, body, receipt=receipt, **headers)
        return await self.until(
            lambda: next(
                (
                    frame
                    for frame in self.frames
                    if frame.command == "ERROR" or frame.headers.get("receipt-id") == receipt
                ),
                None,
            )
        )

    async def sends_command(self, command: str, body: str = "", **headers: str) -> None:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        await self.sends_raw(_frame(command, named, body, escape=self._version != "1.0"))

    async def subscribe(
        self, destination: str, name: str = "sub", ack: str = "auto", **headers: str
    ) -> Frame:
        return await self.asks("SUBSCRIBE", destination=destination, id=name, ack=ack, **headers)

    async def ack(self, message: Frame, command: str = "ACK") -> Frame:
        if self._version == "1.2":
            return await self.asks(command, id=message.headers["ack"])
        return await self.asks(
            command,
            subscription=message.headers["subscription"],
            message_id=message.headers["message-id"],
        )

    async def sends_raw(self, text: str) -> None:
        await self.pipe.send(text)

    # --- what it hears ----------------------------------------------------------------------------

    def messages(self, subscription: str | None = None) -> list[Frame]:
        return [
            frame
            for frame in self.frames
            if frame.command == "MESSAGE" and subscription in (None, frame.headers["subscription"])
        ]

    def texts(self, subscription: str | None = None) -> list[str]:
        """What the messages said."""
        bodies = [frame.json for frame in self.messages(subscription)]
        return [body["content"] if "content" in body else body["message"] for body in bodies]

    async def receives(self, count: int, subscription: str | None = None) -> list[str]:
        """Wait for so many messages altogether. Returns the texts of all."""
        await self.until(lambda: len(self.messages(subscription)) >= count)
        return self.texts(subscription)

    async def first(self, *commands: str) -> Frame:
        """The first frame of one of these commands."""
        return await self.until(
            lambda: next((frame for frame in self.frames if frame.command in commands), None)
        )

    async def until(
        self, found: Callable[[], Found | None], *, within_s: float = PATIENCE_S
    ) -> Found:
        """Wait until `found` returns something true."""
        try:
            async with asyncio.timeout(within_s):
                while not (result := found()):
                    assert self.end is None, f"{self.end} after {self.frames[-1:]}"
                    self._news.clear()
                    await self._news.wait()
                return result
        except TimeoutError:
            raise AssertionError(f"not within {within_s} s; the last {self.frames[-1:]}") from None

    async def ends(self) -> End:
        """Wait for the end: the close code, and the code of the ERROR before."""
        await asyncio.wait_for(asyncio.shield(self._reader), PATIENCE_S)
        assert self.end is not None
        return self.end

    async def close(self) -> None:
        if self.end is None and self.pipe.lingers:
            await asyncio.gather(self.sends_command("DISCONNECT"), return_exceptions=True)
        # First the reader: where a body has ended in good order, it would open the next one.
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self.pipe.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # --- its reader -------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                self._held += await self.pipe.receive()
                while self._take_one():
                    pass
                self._news.set()
        except PipeClosedError as closed:
            errors = [frame for frame in self.frames if frame.command == "ERROR"]
            code = errors[-1].headers.get("code", "ERROR") if errors else ""
            self.end = End(closed.code, code, closed.reason)
            if self.on_end is not None:
                self.on_end(self.end)
        finally:
            self._news.set()

    def _take_one(self) -> bool:
        if self._held.startswith("\n"):
            self._held = self._held[1:]
            self.beats += 1
            return True
        frame, nul, rest = self._held.partition("\0")
        if not nul:
            return False
        self._held = rest
        head, _, body = frame.partition("\n\n")
        command, *lines = head.split("\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            # 1.1 and 1.2: of several with the same name the first counts.
            headers.setdefault(self._unescaped(name), self._unescaped(value))
        self.frames.append(Frame(command, headers, body))
        if self.on_frame is not None:
            self.on_frame(self.frames[-1])
        return True

    def _unescaped(self, text: str) -> str:
        if self._version == "1.0":
            return text
        plain = text.replace("\\c", ":").replace("\\n", "\n").replace("\\r", "\r")
        return plain.replace("\\\\", "\\")


def _frame(command: str, headers: dict[str, str], body: str, *, escape: bool) -> str:
    lines = [command]
    for name, value in headers.items():
        escaped = "".join(_ESCAPES.get(char, char) for char in value) if escape else value
        lines.append(f"{name}:{escaped}")
    return "\n".join(lines) + f"\n\n{body}\0"
